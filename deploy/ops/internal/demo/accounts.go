package demo

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// passwords reads the passwords of the demo users from a file. Missing ones are
// generated, the same for all of them, and stored before they are used.
func passwords(path string) (map[string]string, error) {
	byName := map[string]string{}
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &byName)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	generated := strings.ToLower(rand.Text()[:10])
	complete := true
	for _, name := range users() {
		if byName[name] == "" {
			byName[name], complete = generated, false
		}
	}
	if complete {
		return byName, nil
	}
	if raw, err = json.MarshalIndent(byName, "", "  "); err != nil {
		return nil, err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, append(raw, '\n'), 0o600); err != nil {
		return nil, err
	}
	return byName, os.Rename(temporary, path)
}
