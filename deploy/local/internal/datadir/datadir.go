// Package datadir owns the folder of a stack: the data of MySQL and Redis,
// objects, secrets, logs, and a record of the running processes.
package datadir

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

const (
	// marker is the file that makes a folder a data folder, which may be deleted.
	marker = ".douyin-data"
	// seeded is the file that says that the demo data is complete.
	seeded = "seeded"
	// socketLimit is the room for a path in a unix socket address.
	socketLimit = 100
)

// ErrForeign means that the folder holds other files than a stack's.
var ErrForeign = errors.New("not empty, and not the data folder of a stack")

// Dir is a data folder, with the absolute paths in it.
type Dir struct {
	Root      string
	Logs      string // one file per part
	Resources string // the rendered Dapr resources
	Objects   string // of the localstorage binding
	Redis     string // its working folder
	MySQL     string // the server's data folder and its files
	S3        string // objects of the S3 server
	Secrets   string // file behind the secret store; programs read it
	Names     string // database of the sqlite resolver
	Accounts  string // file with the passwords of the demo users, by name; seeding writes it
}

// At names a data folder without touching the disk.
func At(path string) (Dir, error) {
	root, err := filepath.Abs(path)
	d := Dir{Root: root}
	d.Logs, d.Resources, d.Objects = d.path("logs"), d.path("resources"), d.path("objects")
	d.Redis, d.MySQL, d.S3 = d.path("redis"), d.path("mysql"), d.path("s3")
	d.Secrets, d.Names, d.Accounts = d.path("secrets.json"), d.path("names.db"), d.path("demo.json")
	return d, err
}

func (d Dir) path(name string) string { return filepath.Join(d.Root, name) }

func (d Dir) has(name string) bool {
	_, err := os.Stat(d.path(name))
	return err == nil
}

// Create makes the folder, readable by its owner only, with its subfolders, and
// upgrades a folder of an older version. It returns ErrForeign for a folder that
// holds other files.
func (d Dir) Create() error {
	entries, err := os.ReadDir(d.Root)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(entries) > 0 && !d.Exists() {
		return fmt.Errorf("%s: %w", d.Root, ErrForeign)
	}
	for _, folder := range []string{d.Root, d.Logs, d.Resources, d.Objects, d.Redis, d.MySQL, d.S3} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	if err := d.upgrade(); err != nil {
		return err
	}
	return os.WriteFile(d.path(marker), nil, 0o600)
}

// Exists reports whether the folder is the data folder of a stack.
func (d Dir) Exists() bool { return d.has(marker) }

// Remove deletes the folder with all data in it.
func (d Dir) Remove() error {
	if !d.Exists() {
		return fmt.Errorf("%s is not the data folder of a stack", d.Root)
	}
	return os.RemoveAll(d.Root)
}

// RemoveExceptLogs deletes everything in the folder but the logs.
func (d Dir) RemoveExceptLogs() error {
	entries, err := os.ReadDir(d.Root)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if path := filepath.Join(d.Root, entry.Name()); path != d.Logs && entry.Name() != marker {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

// Socket returns the path of a unix socket. If the folder's path is too long for
// a socket address, the socket lies in the temporary folder, under a name derived
// from that path.
func (d Dir) Socket(name string) string {
	path := d.path(name + ".sock")
	if len(path) < socketLimit {
		return path
	}
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(os.TempDir(), "douyin-"+hex.EncodeToString(sum[:6])+".sock")
}

// Seeded reports whether the demo data is complete.
func (d Dir) Seeded() bool { return d.has(seeded) }

// MarkSeeded records that the demo data is complete.
func (d Dir) MarkSeeded() error { return os.WriteFile(d.path(seeded), nil, 0o600) }

// ErrLocked means that another starter runs this data folder.
var ErrLocked = errors.New("another starter is running on this data folder")

// Lock locks the folder for this process. The kernel releases the lock when the
// process ends, so a lock is never stale.
func (d Dir) Lock() (release func() error, err error) {
	lock := flock.New(d.path("lock"), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err == nil && !locked {
		err = ErrLocked
	}
	return lock.Unlock, err
}

// FreeBytes is the free space for this user on the disk of the folder, or of its
// nearest existing parent.
func (d Dir) FreeBytes() (int64, error) {
	path, err := d.nearest()
	if err != nil {
		return 0, err
	}
	var stat syscall.Statfs_t
	if err := syscall.Statfs(path, &stat); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return int64(stat.Bavail) * stat.Bsize, nil
}

// Writable tries to create a file in the folder, or in its nearest existing
// parent.
func (d Dir) Writable() error {
	path, err := d.nearest()
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(path, ".writable-*")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// nearest is the folder itself or its first existing parent.
func (d Dir) nearest() (string, error) {
	for path := d.Root; ; path = filepath.Dir(path) {
		_, err := os.Stat(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, os.ErrNotExist) || path == filepath.Dir(path) {
			return "", err
		}
	}
}

// Short is the folder's path for people: relative to the working folder if it is
// below that.
func (d Dir) Short() string {
	working, err := os.Getwd()
	if err != nil {
		return d.Root
	}
	relative, err := filepath.Rel(working, d.Root)
	if err != nil || strings.HasPrefix(relative, "..") {
		return d.Root
	}
	return relative
}
