package datadir

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Version is the format of the data folders that this starter writes. Folders
// from before there was a version file count as 0.
const Version = 1

// ErrNewer means that a newer starter wrote the folder.
var ErrNewer = errors.New("written by a newer version")

const versionFile = "version"

func (d Dir) version() (int, error) {
	raw, err := os.ReadFile(d.path(versionFile))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", d.path(versionFile), err)
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
	if d.has(credentialsFile) {
		// Starters without a version file seeded accounts with constant passwords.
		old := map[string]string{"demo": "douyin123", "wanglei": "wanglei123", "hanmeimei": "hanmeimei123"}
		if err := writeJSON(d.Accounts, old); err != nil {
			return err
		}
	}
	return os.WriteFile(d.path(versionFile), []byte(strconv.Itoa(Version)+"\n"), 0o600)
}

// Password is the password of a demo user; empty if there is none.
func (d Dir) Password(user string) (string, error) {
	var passwords map[string]string
	_, err := readJSON(d.Accounts, &passwords)
	return passwords[user], err
}
