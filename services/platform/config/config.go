// Package config fills one struct per program from environment variables. The
// struct holds the defaults (envDefault tags) and checks itself (Validate), so
// that a program which starts has a configuration that can work. Secrets are no
// configuration: a program names them and reads them from the secret store.
package config

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/caarlos0/env/v11"
)

// validator is what a configuration may implement. A struct that embeds Base
// and has a Validate of its own calls Base.Validate in it.
type validator interface{ Validate() error }

// Load fills target from the environment and then asks its Validate, if it has
// one. A variable that is set but empty counts as not set. Each fault in the
// answer names the variable; all unreadable variables are reported at once.
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

// nameVariables says the variable where the env package says the Go field,
// because whoever reads the message knows only the former.
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

// variableOf finds the variable of a field, also inside nested structs; the
// field's own name where it has no variable.
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
