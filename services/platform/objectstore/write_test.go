package objectstore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

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
			_, err := objectstore.New(blobs, nil).Write(t.Context(), "k", partSize, test.limit, test.from)
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
	if _, err := objectstore.New(newMemory(), nil).Write(t.Context(), "k", partSize, int64(len(data)), bytes.NewReader(data)); err != nil {
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
	_, err := objectstore.New(blobs, nil).Write(ctx, "k", partSize, noLimit, bytes.NewReader(noise(9*partSize)))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Write = %v", err)
	}
	if left := blobs.keys(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// lateBlobs stores a part only after a deletion, or after a time without one.
type lateBlobs struct {
	*memory
	begun, deleted, stored chan struct{}
}

func (l *lateBlobs) Put(_ context.Context, key string, data []byte) error {
	defer close(l.stored)
	close(l.begun)
	select {
	case <-l.deleted:
	case <-time.After(50 * time.Millisecond):
	}
	return l.memory.Put(context.Background(), key, data)
}

func (l *lateBlobs) Delete(ctx context.Context, key string) error {
	err := l.memory.Delete(ctx, key)
	close(l.deleted)
	return err
}

// A part whose upload continues after the failure must not be stored after the
// others were deleted.
func TestFailedWriteWaitsForTheUpload(t *testing.T) {
	blobs := &lateBlobs{newMemory(), make(chan struct{}), make(chan struct{}), make(chan struct{})}
	from := io.MultiReader(bytes.NewReader(noise(partSize)), readerFunc(func([]byte) (int, error) {
		<-blobs.begun
		return 0, io.ErrUnexpectedEOF
	}))
	if _, err := objectstore.New(blobs, nil).Write(t.Context(), "k", partSize, noLimit, from); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Write = %v", err)
	}
	<-blobs.stored
	if left := blobs.keys(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// patientBlobs records whether a Put was cancelled.
type patientBlobs struct {
	*memory
	begun   chan struct{}
	stopped atomic.Bool
}

func (p *patientBlobs) Put(ctx context.Context, key string, data []byte) error {
	close(p.begun)
	select {
	case <-ctx.Done():
		p.stopped.Store(true)
	case <-time.After(50 * time.Millisecond):
	}
	return p.memory.Put(context.WithoutCancel(ctx), key, data)
}

// A store may finish a cancelled upload after the part was deleted. So uploads are
// not cancelled.
func TestFailedWriteDoesNotCancelTheUpload(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	blobs := &patientBlobs{memory: newMemory(), begun: make(chan struct{})}
	from := io.MultiReader(bytes.NewReader(noise(partSize)), readerFunc(func([]byte) (int, error) {
		<-blobs.begun
		cancel() // the client left
		return 0, io.ErrUnexpectedEOF
	}))
	if _, err := objectstore.New(blobs, nil).Write(ctx, "k", partSize, noLimit, from); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Write = %v", err)
	}
	if blobs.stopped.Load() {
		t.Error("the upload was cancelled")
	}
	if left := blobs.keys(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// source counts the bytes read from it.
type source struct {
	left   int64
	read   atomic.Int64
	second chan struct{} // closed after two parts were read
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

// One part is read while another is uploaded, and no more.
func TestWriteHoldsTwoParts(t *testing.T) {
	const parts = 50
	from := &source{left: parts * partSize, second: make(chan struct{})}
	blobs := newMemory()
	var stored, held int64 // puts are sequential
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
	if _, err := objectstore.New(blobs, nil).Write(t.Context(), "k", partSize, noLimit, from); err != nil {
		t.Fatal(err)
	}
	if held > 2*partSize {
		t.Errorf("%d bytes in memory, want at most %d", held, 2*partSize)
	}
}

func TestWriteAllocatesTwoPartsForAnySize(t *testing.T) {
	const big = 1 << 20
	store := objectstore.New(discard{}, nil)
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

// discard is a store that discards everything.
type discard struct{ objectstore.Blobs }

func (discard) Put(context.Context, string, []byte) error { return nil }
