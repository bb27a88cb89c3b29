// Package config fills one struct per program from environment variables. The
// struct holds the defaults (envDefault tags) and validates itself, so a program
// that starts has a valid configuration. Secrets are not configuration: a program
// reads them by name from the secret store.
package config

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/caarlos0/env/v11"
)

// validator is an optional interface of a configuration. A struct that embeds Base
// and has its own Validate calls Base.Validate in it.
type validator interface{ Validate() error }

// Load fills target from the environment and then calls its Validate, if it has
// one. A variable that is set but empty counts as not set. The error names the
// variables; all unreadable ones are reported at once.
func Load[T any](target *T) error {
	if err := env.Parse(target); err != nil {
		return fmt.Errorf("configuration: %w", nameVariables(reflect.TypeFor[T](), err))
	}
	if v, ok := any(target).(validator); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("configuration: %w", err)
		}
	}
	return nil
}

// nameVariables replaces the Go fields in errors of the env package by their
// variables, which is what an operator knows.
func nameVariables(t reflect.Type, err error) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return err
	}
	named := make([]error, 0, len(all.Errors))
	for _, one := range all.Errors {
		var unreadable env.ParseError
		if errors.As(one, &unreadable) {
			name, _ := variableOf(t, "", unreadable.Name)
			one = fmt.Errorf("%s: want %v: %w", name, unreadable.Type, unreadable.Err)
		}
		named = append(named, one)
	}
	return errors.Join(named...)
}

// variableOf returns the variable of a field, also inside nested structs, or the
// field's own name if it has no variable.
func variableOf(t reflect.Type, prefix, field string) (string, bool) {
	if t.Kind() != reflect.Struct {
		return field, false
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if name, tagged := f.Tag.Lookup("env"); tagged && f.Name == field {
			return prefix + name, true
		}
		if f.Type.Kind() == reflect.Struct {
			if name, ok := variableOf(f.Type, prefix+f.Tag.Get("envPrefix"), field); ok {
				return name, true
			}
		}
	}
	return field, false
}
