package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// decodeStrict decodes JSON and checks it as strictly as the phone depends on it:
// every field of the target is present under exactly its name, nothing is null,
// numbers are numbers, and no field is unknown. encoding/json alone accepts missing
// and null fields and names in another case.
func decodeStrict(data []byte, target any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(target); err != nil {
		return fmt.Errorf("wrong type: %w", err)
	}
	if dec.More() {
		return errors.New("more than one JSON value in the body")
	}
	return checkShape(data, reflect.TypeOf(target).Elem(), "$")
}

func checkShape(data json.RawMessage, want reflect.Type, path string) error {
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		return fmt.Errorf("%s is null", path)
	}
	switch want.Kind() {
	case reflect.Pointer:
		return checkShape(data, want.Elem(), path)
	case reflect.Struct:
		return checkObject(data, want, path)
	case reflect.Slice:
		var items []json.RawMessage
		if err := json.Unmarshal(data, &items); err != nil {
			return fmt.Errorf("%s is not a list: %w", path, err)
		}
		for i, item := range items {
			if err := checkShape(item, want.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkObject(data json.RawMessage, want reflect.Type, path string) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("%s is not an object: %w", path, err)
	}
	for _, f := range jsonFields(want) {
		value, ok := fields[f.name]
		if !ok && f.optional {
			continue
		}
		if !ok {
			return fmt.Errorf("%s.%s is missing", path, f.name)
		}
		delete(fields, f.name)
		if err := checkShape(value, f.typ, path+"."+f.name); err != nil {
			return err
		}
	}
	if want == reflect.TypeFor[AnyResponse]() {
		return nil
	}
	for name := range fields {
		return fmt.Errorf("%s.%s is not part of the API", path, name)
	}
	return nil
}

type jsonField struct {
	name     string
	typ      reflect.Type
	optional bool // has the option omitempty
}

// jsonFields lists the JSON names of a struct, with those of embedded structs.
func jsonFields(t reflect.Type) []jsonField {
	var out []jsonField
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			out = append(out, jsonFields(f.Type)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, jsonField{name: name, typ: f.Type, optional: options == "omitempty"})
	}
	return out
}
