// Package token makes and checks the tokens that a phone carries: signed JWTs
// with the user id as a string and the session id. Only the gateway signs and
// only the gateway verifies; no service ever sees a token.
package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// minKeyBytes is the length of the SHA-256 output: a shorter HMAC key is the
// weakest part of the signature.
const minKeyBytes = 32

// Keys are the signing keys by id. New tokens are signed with the current one;
// the others still verify, so that keys can be exchanged without logging
// anybody out.
type Keys struct {
	current string
	byID    map[string][]byte
}

// ParseKeys reads the secret "jwt-keys":
//
//	{"current":"k2","keys":{"k1":"<base64>","k2":"<base64>"}}
//
// Each key has at least 32 bytes. The error never holds a key.
func ParseKeys(secret string) (Keys, error) {
	var text struct {
		Current string            `json:"current"`
		Keys    map[string]string `json:"keys"`
	}
	if err := json.Unmarshal([]byte(secret), &text); err != nil {
		return Keys{}, errors.New("jwt-keys: want {\"current\":\"id\",\"keys\":{\"id\":\"base64\"}}")
	}
	keys := Keys{current: text.Current, byID: make(map[string][]byte, len(text.Keys))}
	for id, encoded := range text.Keys {
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return Keys{}, fmt.Errorf("jwt-keys: key %q is not base64", id)
		}
		if err := checkKey(key); err != nil {
			return Keys{}, fmt.Errorf("jwt-keys: key %q %w", id, err)
		}
		keys.byID[id] = key
	}
	if keys.current == "" || keys.byID[keys.current] == nil {
		return Keys{}, fmt.Errorf("jwt-keys: there is no key with the current id %q", keys.current)
	}
	return keys, nil
}

// checkKey refuses what cannot have come from a random source.
func checkKey(key []byte) error {
	if len(key) < minKeyBytes {
		return fmt.Errorf("has %d bytes, want at least %d", len(key), minKeyBytes)
	}
	if strings.Count(string(key), string(key[:1])) == len(key) {
		return errors.New("is one byte repeated")
	}
	return nil
}
