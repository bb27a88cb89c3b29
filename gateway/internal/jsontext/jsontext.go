// Package jsontext appends JSON without reflection, byte for byte as encoding/json
// writes it. Lists of hundreds of users are most of what the gateway sends.
package jsontext

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// AppendString appends a quoted string.
func AppendString(b []byte, s string) []byte {
	if !plain(s) {
		escaped, err := json.Marshal(s)
		if err != nil { // impossible for a string
			return append(b, `""`...)
		}
		return append(b, escaped...)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// plain reports whether encoding/json copies s unchanged.
func plain(s string) bool {
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if ascii {
		return true
	}
	for _, r := range s {
		if r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
}

// AppendField appends a key, which needs no escaping, and its string.
func AppendField(b []byte, key, value string) []byte {
	return AppendString(appendKey(b, key), value)
}

// AppendInt appends a key and its integer.
func AppendInt(b []byte, key string, value int64) []byte {
	return strconv.AppendInt(appendKey(b, key), value, 10)
}

// AppendBool appends a key and its truth value.
func AppendBool(b []byte, key string, value bool) []byte {
	return strconv.AppendBool(appendKey(b, key), value)
}

// AppendList appends a key and a list, which is never null.
func AppendList[T any](b []byte, key string, entries []T, one func([]byte, *T) []byte) []byte {
	b = append(appendKey(b, key), '[')
	for i := range entries {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, &entries[i])
	}
	return append(b, ']')
}

// AppendObject appends a key and an object.
func AppendObject[T any](b []byte, key string, value *T, one func([]byte, *T) []byte) []byte {
	return one(appendKey(b, key), value)
}

// appendKey appends a key, after a comma unless it is the first one.
func appendKey(b []byte, key string) []byte {
	if len(b) > 0 && b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, key...)
	return append(b, '"', ':')
}
