//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// decodeStrict reads JSON the way a careless phone breaks on it: every field of
// the target has to be there under exactly its own name, nothing may be null,
// numbers must be numbers, and there must be no field that nobody knows of.
// encoding/json alone would forgive the first three.
func decodeStrict(data []byte, target any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(target); err != nil {
		return fmt.Errorf("wrong type: %w", err)
	}
	if dec.More() {
		return fmt.Errorf("more than one JSON value in the body")
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

// openEnded is an object that may have more fields than its type names.
type openEnded interface{ hasMore() }

var _ openEnded = looseReply{}

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
	if want.Implements(reflect.TypeFor[openEnded]()) {
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
	optional bool // tagged omitempty: the one place where the API leaves a field out
}

// jsonFields lists the keys of a struct, those of embedded structs included.
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
