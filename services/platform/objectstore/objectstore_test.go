package objectstore_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

const (
	partSize = 1000
	noLimit  = 1 << 40
)

// noise returns n bytes that are the same in each run.
func noise(n int) []byte {
	var seed [32]byte
	data := make([]byte, n)
	if _, err := rand.NewChaCha8(seed).Read(data); err != nil {
		panic(err)
	}
	return data
}

func write(t *testing.T, store *objectstore.Store, data []byte) objectstore.Manifest {
	t.Helper()
	m, err := store.Write(t.Context(), "videos/1", partSize, noLimit, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestObjectsOfAllSizesAreReadBack(t *testing.T) {
	for _, size := range []int{0, 1, partSize - 1, partSize, partSize + 1, 2 * partSize, 7*partSize + 13} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			blobs := newMemory()
			store := objectstore.New(blobs, nil)
			data := noise(size)
			m := write(t, store, data)
			if m.Key != "videos/1" || m.Size != int64(size) || m.PartSize != partSize || m.SHA256 != sha256.Sum256(data) {
				t.Errorf("manifest %+v", m)
			}
			parts := (size + partSize - 1) / partSize
			if m.Parts() != parts || len(blobs.keys()) != parts {
				t.Errorf("%d parts, stored %v, want %d", m.Parts(), blobs.keys(), parts)
			}
			got, err := io.ReadAll(store.Reader(t.Context(), m, nil))
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
			if blobs.gets != parts {
				t.Errorf("%d reads of %d parts", blobs.gets, parts)
			}
			if err := store.Remove(t.Context(), m.Extent()); err != nil || len(blobs.keys()) != 0 {
				t.Errorf("after Remove: %v, %v", blobs.keys(), err)
			}
		})
	}
}

func TestSlowReadersAreStored(t *testing.T) {
	data := noise(3*partSize + 1)
	for name, r := range map[string]io.Reader{
		"one byte":      iotest.OneByteReader(bytes.NewReader(data)),
		"data with EOF": iotest.DataErrReader(bytes.NewReader(data)),
	} {
		m, err := objectstore.New(newMemory(), nil).Write(t.Context(), "k", partSize, int64(len(data)), r)
		if err != nil || m.SHA256 != sha256.Sum256(data) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDamagedPartIsDetected(t *testing.T) {
	damages := map[string]func([]byte) []byte{
		"bit flipped": func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"cut short":   func(b []byte) []byte { return b[:len(b)-1] },
		"grown":       func(b []byte) []byte { return append(b, 0) },
		"header only": func(b []byte) []byte { return b[:12] },
		"empty":       func([]byte) []byte { return nil },
		"foreign":     func(b []byte) []byte { b[1] = 'X'; return b },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			blobs := newMemory()
			store := objectstore.New(blobs, nil)
			m := write(t, store, noise(3*partSize))
			blobs.change(t, objectstore.PartKey(m.Key, 1), damage)
			if _, err := store.Part(t.Context(), m, 1); !errors.Is(err, objectstore.ErrCorrupt) {
				t.Errorf("Part = %v", err)
			}
			if n, err := io.Copy(io.Discard, store.Reader(t.Context(), m, nil)); n != partSize || !errors.Is(err, objectstore.ErrCorrupt) {
				t.Errorf("Reader gave %d bytes, %v", n, err)
			}
		})
	}
}

func TestPartOfAnotherPositionIsDetected(t *testing.T) {
	blobs := newMemory()
	store := objectstore.New(blobs, nil)
	m := write(t, store, noise(partSize+10))
	first := objectstore.PartKey(m.Key, 0)
	last, err := blobs.Get(t.Context(), objectstore.PartKey(m.Key, 1))
	if err != nil {
		t.Fatal(err)
	}
	blobs.change(t, first, func([]byte) []byte { return last })
	if _, err := store.Part(t.Context(), m, 0); !errors.Is(err, objectstore.ErrCorrupt) {
		t.Errorf("Part = %v", err)
	}
}

func TestMissingPartIsNotFound(t *testing.T) {
	blobs := newMemory()
	store := objectstore.New(blobs, nil)
	m := write(t, store, noise(2*partSize))
	if err := blobs.Delete(t.Context(), objectstore.PartKey(m.Key, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Part(t.Context(), m, 1); errs.CodeOf(err) != errs.NotFound || errs.ReasonOf(err) != "OBJECT_MISSING" {
		t.Errorf("Part = %v", err)
	}
	for _, n := range []int{-1, 2} {
		if _, err := store.Part(t.Context(), m, n); errs.CodeOf(err) != errs.Internal {
			t.Errorf("Part %d = %v", n, err)
		}
	}
}
