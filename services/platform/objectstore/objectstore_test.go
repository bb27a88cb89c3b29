package objectstore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

const (
	partSize = 1000
	noLimit  = 1 << 40
)

// noise is n bytes that are the same in each run.
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

func TestObjectsOfAllSizesComeBack(t *testing.T) {
	for _, size := range []int{0, 1, partSize - 1, partSize, partSize + 1, 2 * partSize, 7*partSize + 13} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			blobs := newMemory()
			store := objectstore.New(blobs)
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
			if err := store.Remove(t.Context(), m.Key, m.Parts()); err != nil || len(blobs.keys()) != 0 {
				t.Errorf("after Remove: %v, %v", blobs.keys(), err)
			}
		})
	}
}

func TestObjectsComeBackFromReadersInDribs(t *testing.T) {
	data := noise(3*partSize + 1)
	for name, r := range map[string]io.Reader{
		"one byte":      iotest.OneByteReader(bytes.NewReader(data)),
		"data with EOF": iotest.DataErrReader(bytes.NewReader(data)),
	} {
		m, err := objectstore.New(newMemory()).Write(t.Context(), "k", partSize, int64(len(data)), r)
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
			store := objectstore.New(blobs)
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
	store := objectstore.New(blobs)
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
	store := objectstore.New(blobs)
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

func TestFailedWriteLeavesNothing(t *testing.T) {
	data := noise(4*partSize + 5)
	broken := io.MultiReader(bytes.NewReader(data), iotest.ErrReader(io.ErrUnexpectedEOF))
	tests := map[string]struct {
		from    io.Reader
		limit   int64
		failPut string
		want    error
	}{
		"upload breaks off":            {from: broken, limit: noLimit, want: io.ErrUnexpectedEOF},
		"over the limit by one byte":   {from: bytes.NewReader(data), limit: int64(len(data)) - 1, want: objectstore.ErrTooLarge},
		"over the limit by many parts": {from: bytes.NewReader(data), limit: 1, want: objectstore.ErrTooLarge},
		"store fails on the first":     {from: bytes.NewReader(data), limit: noLimit, failPut: "000000", want: errDown},
		"store fails in the middle":    {from: bytes.NewReader(data), limit: noLimit, failPut: "000002", want: errDown},
		"store fails on the last":      {from: bytes.NewReader(data), limit: noLimit, failPut: "000004", want: errDown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			blobs := newMemory()
			blobs.failPut = func(key string) error {
				if test.failPut != "" && strings.HasSuffix(key, test.failPut) {
					return errDown
				}
				return nil
			}
			_, err := objectstore.New(blobs).Write(t.Context(), "k", partSize, test.limit, test.from)
			if !errors.Is(err, test.want) {
				t.Errorf("Write = %v, want %v", err, test.want)
			}
			if left := blobs.keys(); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestObjectOfExactlyTheLimitPasses(t *testing.T) {
	data := noise(2 * partSize)
	if _, err := objectstore.New(newMemory()).Write(t.Context(), "k", partSize, int64(len(data)), bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
}

func TestCancelledWriteLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	blobs := newMemory()
	blobs.onPut = func(key string) {
		if strings.HasSuffix(key, "000002") {
			cancel()
		}
	}
	_, err := objectstore.New(blobs).Write(ctx, "k", partSize, noLimit, bytes.NewReader(noise(9*partSize)))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Write = %v", err)
	}
	if left := blobs.keys(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A part whose upload goes on after the failure must not be stored after the
// others were deleted.
func TestFailedWriteWaitsForThePartUnderWay(t *testing.T) {
	begun, broken, deleted := make(chan struct{}), make(chan struct{}), make(chan struct{})
	blobs := newMemory()
	blobs.deaf = true
	blobs.onPut = func(string) {
		close(begun)
		<-broken
		select {
		case <-deleted: // too early
		case <-time.After(50 * time.Millisecond):
		}
	}
	blobs.onDelete = sync.OnceFunc(func() { close(deleted) })
	from := io.MultiReader(bytes.NewReader(noise(partSize)), readerFunc(func([]byte) (int, error) {
		<-begun
		close(broken)
		return 0, io.ErrUnexpectedEOF
	}))
	if _, err := objectstore.New(blobs).Write(t.Context(), "k", partSize, noLimit, from); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Write = %v", err)
	}
	if left := blobs.keys(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// source counts what was read of it.
type source struct {
	left   int64
	read   atomic.Int64
	second chan struct{} // closed when two parts were read
}

func (s *source) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), s.left)
	s.left -= n
	if s.read.Add(n) == 2*partSize && s.second != nil {
		close(s.second)
	}
	return int(n), nil
}

// One part is read while another is on its way, and no more than that.
func TestWriteHoldsTwoParts(t *testing.T) {
	const parts = 50
	from := &source{left: parts * partSize, second: make(chan struct{})}
	blobs := newMemory()
	var stored, held int64 // puts are one after the other
	blobs.onPut = func(string) {
		if stored == 0 {
			select {
			case <-from.second:
			case <-time.After(10 * time.Second):
				t.Error("the second part is not read while the first is stored")
			}
		}
		held = max(held, from.read.Load()-stored)
		stored += partSize
	}
	if _, err := objectstore.New(blobs).Write(t.Context(), "k", partSize, noLimit, from); err != nil {
		t.Fatal(err)
	}
	if held > 2*partSize {
		t.Errorf("%d bytes in memory, want at most %d", held, 2*partSize)
	}
}

func TestWriteAllocatesTwoPartsWhateverTheSize(t *testing.T) {
	const big = 1 << 20
	store := objectstore.New(discard{})
	from := &source{left: 64 * big}
	per := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			from.left = 64 * big
			if _, err := store.Write(t.Context(), "k", big, noLimit, from); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if per > 3*big {
		t.Errorf("%d bytes allocated for an object of %d in parts of %d", per, 64*big, big)
	}
}

// discard is a store that keeps nothing.
type discard struct{ objectstore.Blobs }

func (discard) Put(context.Context, string, []byte) error { return nil }
