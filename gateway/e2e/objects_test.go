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
	"testing"
	"time"
)

// partMagic opens every stored part: neither base64 nor JSON can start with a
// zero byte, so no binding alters what follows.
var partMagic = []byte{0, 'D', 'Y', 1}

// partHeader is the magic, the payload's length and its CRC-32C, both big
// endian.
const partHeader = 12

// objectsIn is where the stack of a data folder keeps objects, as files under
// their keys: the localstorage binding does, and the S3 server of the
// environment s3 too.
func objectsIn(data string) string {
	if os.Getenv("DOUYIN_ENV") == "s3" {
		return filepath.Join(data, "s3", "objects", "douyin")
	}
	return filepath.Join(data, "objects")
}

// unfinished is where an S3 server keeps what is on its way.
const unfinished = ".sgwtmp"

// objectsFolder is that of the stack under test.
func objectsFolder(t testing.TB) string {
	t.Helper()
	dir := objectsIn(stackData(t))
	if _, err := os.Stat(dir); err != nil {
		unavailable(t, "the stack keeps its objects elsewhere: %v", err)
	}
	return dir
}

// storedFiles lists all files in the object store with their sizes. Files that
// vanish during the walk are left out.
func storedFiles(t testing.TB) map[string]int64 {
	t.Helper()
	files := map[string]int64{}
	err := filepath.WalkDir(objectsFolder(t), func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && d.IsDir() && d.Name() == unfinished {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err == nil {
			files[path] = info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// newFiles lists what was stored since before, in the order of part names.
func newFiles(t testing.TB, before map[string]int64) []string {
	t.Helper()
	now := storedFiles(t)
	maps.DeleteFunc(now, func(path string, _ int64) bool { _, old := before[path]; return old })
	return slices.Sorted(maps.Keys(now))
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
	data, err := os.ReadFile(path)
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
