package datadir

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Version is the format of the data folders that this starter writes. Folders
// from before there was a version file count as 0.
const Version = 1

// ErrNewer means that a newer starter wrote the folder.
var ErrNewer = errors.New("written by a newer version")

func (d Dir) versionPath() string { return filepath.Join(d.root, "version") }

func (d Dir) version() (int, error) {
	raw, err := os.ReadFile(d.versionPath())
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", d.versionPath(), err)
	}
	return version, nil
}

// CheckVersion returns ErrNewer if this starter cannot read the folder.
func (d Dir) CheckVersion() error {
	version, err := d.version()
	if err == nil && version > Version {
		err = fmt.Errorf("%s has format %d, this starter reads up to %d: %w", d.Short(), version, Version, ErrNewer)
	}
	return err
}

// upgrade brings the folder to the current version.
func (d Dir) upgrade() error {
	version, err := d.version()
	if err != nil || version >= Version {
		return err
	}
	if _, err := os.Stat(d.credentialsPath()); err == nil {
		// Starters without a version file seeded accounts with constant passwords.
		old := map[string]string{"demo": "douyin123", "wanglei": "wanglei123", "hanmeimei": "hanmeimei123"}
		if err := writeJSON(d.Accounts(), old); err != nil {
			return err
		}
	}
	return os.WriteFile(d.versionPath(), []byte(strconv.Itoa(Version)+"\n"), 0o600)
}

// Accounts is the file with the passwords of the demo users, by name. Seeding
// writes it.
func (d Dir) Accounts() string { return filepath.Join(d.root, "demo.json") }

// Password is the password of a demo user; empty if there is none.
func (d Dir) Password(user string) (string, error) {
	raw, err := os.ReadFile(d.Accounts())
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var passwords map[string]string
	if err := json.Unmarshal(raw, &passwords); err != nil {
		return "", fmt.Errorf("%s: %w", d.Accounts(), err)
	}
	return passwords[user], nil
}
