package target_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/target"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
)

func TestSecretsOfARunningSystem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets.json")
	if err := os.WriteFile(file, []byte(`{"mysql-user-dsn": "u", "mysql-chat-dsn": "c", "redis-password": "r"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets, err := target.Secrets{Secrets: file}.Read()
	if err != nil || secrets["redis-password"] != "r" {
		t.Fatalf("secrets %q, %v", secrets, err)
	}
	if got, want := target.DSNs(secrets), map[string]string{"user": "u", "chat": "c"}; !maps.Equal(got, want) {
		t.Errorf("DSNs %q, want %q", got, want)
	}
}

// Each wrong call names its cure, and no secret.
func TestMissingAndWrongSecrets(t *testing.T) {
	folder := t.TempDir()
	broken := filepath.Join(folder, "broken.json")
	if err := os.WriteFile(broken, []byte(`{"redis-password": "secret"`), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"":                               "start one with `bin/douyin up`",
		filepath.Join(folder, "missing"): "give --secrets the file of a running system",
		broken:                           "give --secrets the secrets.json of a data folder",
	} {
		_, err := target.Secrets{Secrets: file}.Read()
		var usage tool.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret\"") {
			t.Errorf("%q: %v, want %q", file, err, want)
		}
	}
}

func TestObjectStores(t *testing.T) {
	for name, test := range map[string]struct {
		flags target.Objects
		want  func(storage.Store) bool
	}{
		"none":   {target.Objects{}, func(s storage.Store) bool { return s == nil }},
		"folder": {target.Objects{ObjectsFolder: "/objects"}, func(s storage.Store) bool { return s == storage.Folder("/objects") }},
		"bucket": {target.Objects{ObjectsFolder: "/objects", S3Addr: "127.0.0.1:1", S3Bucket: "douyin", S3Region: "us-east-1"},
			func(s storage.Store) bool { _, ok := s.(*storage.Bucket); return ok }},
	} {
		store, err := test.flags.Open(map[string]string{"s3-access-key": "a", "s3-secret-key": "s"})
		if err != nil || !test.want(store) {
			t.Errorf("%s: %#v, %v", name, store, err)
		}
	}
}
