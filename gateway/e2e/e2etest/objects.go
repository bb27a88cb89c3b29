//go:build e2e

package e2etest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Bucket reads the object store of the stack, past the Dapr binding.
type Bucket interface {
	// List returns the keys of all objects with their sizes.
	List(ctx context.Context) (map[string]int64, error)
	Read(ctx context.Context, key string) ([]byte, error)
}

// TheBucket returns the object store of the stack under test.
func TheBucket(t testing.TB) Bucket {
	t.Helper()
	if HasS3() {
		return S3Bucket(t)
	}
	dir := ObjectsFolder(StackData(t))
	if _, err := os.Stat(dir); err != nil {
		need(t, missing("the objects of the stack are not in a folder: %v", err))
	}
	return folder(dir)
}

// ObjectsFolder is the folder of a data folder that holds objects as files under
// their keys. The S3 server stores them that way too.
func ObjectsFolder(data string) string {
	if os.Getenv("DOUYIN_ENV") == "s3" {
		return filepath.Join(data, "s3", "objects", "douyin")
	}
	return filepath.Join(data, "objects")
}

type folder string

func (f folder) List(context.Context) (map[string]int64, error) {
	sizes := map[string]int64{}
	err := filepath.WalkDir(string(f), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreMissing(err)
		}
		info, err := d.Info()
		if err != nil {
			return ignoreMissing(err)
		}
		key, err := filepath.Rel(string(f), path)
		sizes[filepath.ToSlash(key)] = info.Size()
		return err
	})
	return sizes, err
}

// ignoreMissing drops the error of a file that was removed while its folder was
// read.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f folder) Read(_ context.Context, key string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), filepath.FromSlash(key)))
}

// StoredBytes is the size of all objects of a data folder.
func StoredBytes(ctx context.Context, data string) (int64, error) {
	sizes, err := folder(ObjectsFolder(data)).List(ctx)
	total := int64(0)
	for _, size := range sizes {
		total += size
	}
	return total, err
}

// StoredObjects lists all objects with their sizes when no video is being
// processed.
func StoredObjects(t testing.TB) map[string]int64 {
	t.Helper()
	WaitIdle(t)
	sizes, err := TheBucket(t).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sizes
}

// NewObjects lists the keys that were not there before, sorted. Parts of one object
// are in their order then.
func NewObjects(t testing.TB, before map[string]int64) []string {
	t.Helper()
	now, err := TheBucket(t).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(now, func(key string, _ int64) bool { _, old := before[key]; return old })
	return slices.Sorted(maps.Keys(now))
}

// Sources selects the keys of uploaded files.
func Sources(keys []string) []string {
	return slices.DeleteFunc(keys, func(key string) bool { return !strings.Contains(key, "/source/") })
}

// cleanupTimeout is how long objects of a broken upload may stay after its
// response.
const cleanupTimeout = 15 * time.Second

// WaitNothingNew waits until there is no object that was not there before.
func WaitNothingNew(t testing.TB, before map[string]int64) {
	t.Helper()
	Within(t, cleanupTimeout, "the object store is as before", func(context.Context) error {
		if left := NewObjects(t, before); len(left) > 0 {
			return fmt.Errorf("%d objects left, first %s", len(left), left[0])
		}
		return nil
	})
}

// A stored part starts with a header: the magic, then the length of the payload and
// its CRC-32C, both big endian.
const (
	partMagic  = "\x00DY\x01" // neither base64 nor JSON, so a binding that decodes either leaves it alone
	partHeader = 12
)

// Payload reads a stored part and checks its header.
func Payload(t testing.TB, key string) []byte {
	t.Helper()
	data, err := TheBucket(t).Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) < partHeader || !bytes.HasPrefix(data, []byte(partMagic)) {
		t.Fatalf("%s does not start with the header of a part: % x", key, data[:min(len(data), partHeader)])
	}
	body := data[partHeader:]
	if n := binary.BigEndian.Uint32(data[4:]); int(n) != len(body) {
		t.Fatalf("%s: the header says %d bytes, the part has %d", key, n, len(body))
	}
	if sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)); sum != binary.BigEndian.Uint32(data[8:]) {
		t.Fatalf("%s: wrong checksum", key)
	}
	return body
}
