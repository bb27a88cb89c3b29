package daprx_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/s3test"
)

func TestBlobsAndSecrets(t *testing.T) {
	folder := t.TempDir()
	secrets := filepath.Join(t.TempDir(), "secrets.json")
	if err := os.WriteFile(secrets, []byte(`{"dsn":"user:pw@tcp(h)/db"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	sidecar := daprtest.Start(t, daprtest.Options{AppID: "blobs", APIToken: "right", Components: []string{
		daprtest.FolderBlobs("videostore", folder),
		daprtest.FileSecrets("secretstore", secrets),
	}})
	dapr := dial(t, daprx.Options{Address: sidecar.Address, APIToken: "right"})
	blobs := dapr.Blobs("videostore")
	t.Run("round trip", func(t *testing.T) { testBlobRoundTrip(t, blobs) })
	t.Run("absent", func(t *testing.T) { testAbsentBlob(t, blobs) })
	t.Run("too large", func(t *testing.T) { testTooLargeBlob(t, blobs) })
	t.Run("object", func(t *testing.T) { testObjectThroughTheBinding(t, blobs, folder) })
	t.Run("broken store", func(t *testing.T) { testBrokenBlobStore(t, blobs, folder) })
	t.Run("secret", func(t *testing.T) { testSecret(t, dapr) })
	t.Run("wrong token", func(t *testing.T) {
		testWrongToken(t, dial(t, daprx.Options{Address: sidecar.Address, APIToken: "wrong"}))
	})
}

// The same on a bucket, which the environment s3 uses instead of a folder.
func TestBlobsInABucket(t *testing.T) {
	config, keys := s3test.New(t)
	sidecar := daprtest.Start(t, daprtest.Options{AppID: "bucket", Components: []string{
		daprtest.BucketBlobs("videostore", config.Endpoint, config.Bucket, keys.Access, keys.Secret),
	}})
	blobs := dial(t, daprx.Options{Address: sidecar.Address}).Blobs("videostore")
	t.Run("round trip", func(t *testing.T) { testBlobRoundTrip(t, blobs) })
	t.Run("absent", func(t *testing.T) { testAbsentBlob(t, blobs) })
	t.Run("too large", func(t *testing.T) { testTooLargeBlob(t, blobs) })
	t.Run("object", func(t *testing.T) {
		body := strings.Repeat("aGVsbG8x", 1000)
		store := objectstore.New(blobs, nil)
		m, err := store.Write(t.Context(), "objects/base64", 1024, 1<<20, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(store.Reader(t.Context(), m, nil))
		if err != nil || string(got) != body {
			t.Errorf("%d bytes, %v; want %d", len(got), err, len(body))
		}
	})
}

func testBlobRoundTrip(t *testing.T, blobs *daprx.Blobs) {
	for _, body := range []string{"", "\x00first", "\x00second"} {
		if err := blobs.Put(t.Context(), "a/b/c", []byte(body)); err != nil {
			t.Fatal(err)
		}
		if got, err := blobs.Get(t.Context(), "a/b/c"); err != nil || string(got) != body {
			t.Errorf("Get = %q, %v; want %q", got, err, body)
		}
	}
	if err := blobs.Delete(t.Context(), "a/b/c"); err != nil {
		t.Fatal(err)
	}
	testAbsentBlob(t, blobs)
}

func testAbsentBlob(t *testing.T, blobs *daprx.Blobs) {
	for _, key := range []string{"a/b/c", "never/was"} {
		if _, err := blobs.Get(t.Context(), key); errs.CodeOf(err) != errs.NotFound || errs.ReasonOf(err) != "OBJECT_MISSING" {
			t.Errorf("Get %s = %v", key, err)
		}
		if err := blobs.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete %s = %v", key, err)
		}
	}
}

func testTooLargeBlob(t *testing.T, blobs *daprx.Blobs) {
	if err := blobs.Put(t.Context(), "large", make([]byte, 5<<20)); errs.CodeOf(err) != errs.Exhausted {
		t.Errorf("Put = %v", err)
	}
}

// Bindings decode base64 and unquote strings; parts must stay unchanged.
func testObjectThroughTheBinding(t *testing.T, blobs *daprx.Blobs, folder string) {
	const partSize = 64
	store := objectstore.New(blobs, nil)
	bodies := map[string]string{
		"empty":      "",
		"base64":     strings.Repeat("aGVsbG8x", 32),
		"quoted":     `"` + strings.Repeat(`\n`, 63) + `"`,
		"json":       `{"a":"` + strings.Repeat("b", 300) + `"}`,
		"zero bytes": strings.Repeat("\x00", 3*partSize),
	}
	for name, body := range bodies {
		m, err := store.Write(t.Context(), "objects/"+strings.ReplaceAll(name, " ", "-"), partSize, 1<<20, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(store.Reader(t.Context(), m, nil))
		if err != nil || !bytes.Equal(got, []byte(body)) {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(body))
		}
		for n := range m.Parts() {
			if _, err := os.Stat(filepath.Join(folder, objectstore.PartKey(m.Key, n))); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := store.Remove(t.Context(), m.Extent()); err != nil {
			t.Error(err)
		}
		if m.Parts() > 0 {
			if _, err := store.Part(t.Context(), m, 0); errs.ReasonOf(err) != "OBJECT_MISSING" {
				t.Errorf("%s after Remove: %v", name, err)
			}
		}
	}
}

// A file in the place of a folder: the key is absent, but not for want of an object.
func testBrokenBlobStore(t *testing.T, blobs *daprx.Blobs, folder string) {
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := blobs.Put(t.Context(), "file/key", []byte("\x00")); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("Put = %v", err)
	}
	if _, err := blobs.Get(t.Context(), "file/key"); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("Get = %v", err)
	}
}

func testSecret(t *testing.T, dapr *daprx.Sidecar) {
	if value, err := dapr.Secret(t.Context(), "secretstore", "dsn"); err != nil || value != "user:pw@tcp(h)/db" {
		t.Errorf("Secret = %q, %v", value, err)
	}
	for store, name := range map[string]string{"secretstore": "absent", "nowhere": "dsn"} {
		if _, err := dapr.Secret(t.Context(), store, name); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), store) {
			t.Errorf("Secret %s of %s = %v", name, store, err)
		}
	}
}

func testWrongToken(t *testing.T, dapr *daprx.Sidecar) {
	if err := dapr.WaitReady(t.Context()); errs.CodeOf(err) != errs.Internal {
		t.Errorf("WaitReady = %v", err)
	}
	if _, err := dapr.Secret(t.Context(), "secretstore", "dsn"); errs.CodeOf(err) != errs.Internal {
		t.Errorf("Secret = %v", err)
	}
	if _, err := daprtest.Say(t.Context(), dapr.Peer("anybody"), "hello"); errs.CodeOf(err) != errs.Internal {
		t.Errorf("a call = %v", err)
	}
}
