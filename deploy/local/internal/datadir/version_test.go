package datadir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
)

func newDir(t *testing.T, files map[string]string) datadir.Dir {
	t.Helper()
	root := filepath.Join(t.TempDir(), "run")
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := datadir.At(root)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestNewerFolderIsRefused(t *testing.T) {
	dir := newDir(t, map[string]string{".douyin-data": "", "version": "2\n"})
	if err := dir.CheckVersion(); !errors.Is(err, datadir.ErrNewer) || !strings.Contains(err.Error(), "format 2") {
		t.Errorf("error %v", err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(filepath.Join(dir.Root, "version")); err != nil || string(raw) != "2\n" {
		t.Errorf("the version becomes %q, %v", raw, err)
	}
	if err := newDir(t, map[string]string{"version": "two"}).CheckVersion(); err == nil || errors.Is(err, datadir.ErrNewer) {
		t.Errorf("an unreadable version: %v", err)
	}
}

// A folder without a version file was seeded with constant passwords. They keep
// working; a new folder has none.
func TestPasswordsOfOldFoldersAreKept(t *testing.T) {
	old := newDir(t, map[string]string{".douyin-data": "", "credentials.json": "{}", "seeded": ""})
	for range 2 {
		if err := old.Create(); err != nil {
			t.Fatal(err)
		}
	}
	if password, err := old.Password("demo"); err != nil || password != "douyin123" || !old.Seeded() {
		t.Errorf("password %q, %v, seeded %v", password, err, old.Seeded())
	}
	if info, err := os.Stat(old.Accounts); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	fresh := newDir(t, nil)
	for range 2 {
		if err := fresh.Create(); err != nil {
			t.Fatal(err)
		}
		if _, err := fresh.Credentials(nil); err != nil {
			t.Fatal(err)
		}
	}
	if password, err := fresh.Password("demo"); err != nil || password != "" {
		t.Errorf("a new folder has the password %q, %v", password, err)
	}
	if err := fresh.CheckVersion(); err != nil {
		t.Error(err)
	}
}
