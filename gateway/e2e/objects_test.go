//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
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

// partMagic opens every stored part: neither base64 nor JSON can start with a
// zero byte, so no binding alters what follows.
var partMagic = []byte{0, 'D', 'Y', 1}

// partHeader is the magic, the payload's length and its CRC-32C, both big
// endian.
const partHeader = 12

// bucket is the object store of the stack as it is behind the binding: the keys
// of its blobs with their sizes, and what is in one.
type bucket interface {
	list(ctx context.Context) (map[string]int64, error)
	read(ctx context.Context, key string) ([]byte, error)
}

// theBucket is the folder of the localstorage binding, or what the S3 store of
// the stack keeps.
func theBucket(t testing.TB) bucket {
	t.Helper()
	if os.Getenv("TEST_S3_ENDPOINT") != "" {
		return s3Bucket(t)
	}
	dir := objectsIn(stackData(t))
	if _, err := os.Stat(dir); err != nil {
		unavailable(t, "the stack keeps its objects elsewhere: %v", err)
	}
	return folder(dir)
}

// objectsIn is where the stack of a data folder keeps objects, as files under
// their keys: the localstorage binding does, and the S3 server of the
// environment s3 too.
func objectsIn(data string) string {
	if os.Getenv("DOUYIN_ENV") == "s3" {
		return filepath.Join(data, "s3", "objects", "douyin")
	}
	return filepath.Join(data, "objects")
}

type folder string

func (f folder) list(context.Context) (map[string]int64, error) {
	files := map[string]int64{}
	err := filepath.WalkDir(string(f), func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // gone since its folder was read
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return ignoreMissing(err)
		}
		key, err := filepath.Rel(string(f), path)
		files[filepath.ToSlash(key)] = info.Size()
		return err
	})
	return files, err
}

func (f folder) read(_ context.Context, key string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), filepath.FromSlash(key)))
}

// storedFiles lists all blobs of the object store with their sizes, once nothing
// is being processed or removed any more.
func storedFiles(t testing.TB) map[string]int64 {
	t.Helper()
	calm(t)
	files, err := theBucket(t).list(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// calm waits until no video waits for a worker.
func calm(t testing.TB) {
	t.Helper()
	db := database(t, "video")
	within(t, 2*workTime, "all videos are done with", func(ctx context.Context) error {
		if n, err := count(ctx, db, "SELECT COUNT(*) FROM jobs"); err != nil || n > 0 {
			return fmt.Errorf("%d jobs (%w)", n, err)
		}
		return nil
	})
}

// newFiles lists what was stored since before, in the order of part names.
func newFiles(t testing.TB, before map[string]int64) []string {
	t.Helper()
	now, err := theBucket(t).list(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(now, func(key string, _ int64) bool { _, old := before[key]; return old })
	return slices.Sorted(maps.Keys(now))
}

// sources leaves the parts of what was uploaded, without what was made of it.
func sources(keys []string) []string {
	return slices.DeleteFunc(keys, func(key string) bool { return !strings.Contains(key, "/source/") })
}

// nothingLeft waits until the object store holds no file that it did not hold
// before. Cleaning up may go on for a moment after the answer.
func nothingLeft(t testing.TB, before map[string]int64) {
	t.Helper()
	within(t, 15*time.Second, "the object store is as it was", func(context.Context) error {
		if left := newFiles(t, before); len(left) > 0 {
			return fmt.Errorf("%d files left, first %s", len(left), left[0])
		}
		return nil
	})
}

// payload reads a stored part and checks its header.
func payload(t testing.TB, path string) []byte {
	t.Helper()
	data, err := theBucket(t).read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) < partHeader || !bytes.Equal(data[:4], partMagic) {
		t.Fatalf("%s does not start with the header of a part: % x", path, data[:min(len(data), partHeader)])
	}
	body := data[partHeader:]
	if n := binary.BigEndian.Uint32(data[4:]); int(n) != len(body) {
		t.Fatalf("%s: header says %d bytes, file has %d", path, n, len(body))
	}
	if sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)); sum != binary.BigEndian.Uint32(data[8:]) {
		t.Fatalf("%s: wrong checksum", path)
	}
	return body
}
