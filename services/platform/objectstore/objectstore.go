// Package objectstore stores objects of any size in a store of small blobs, the
// Dapr binding. Bindings hold a whole blob in memory several times over and change
// bodies that look like base64 or like a quoted string. So an object is split into
// parts, and a part begins with a header that looks like neither and contains a
// checksum.
//
// With an S3 store, objects may also be stored there unchanged (LayoutWhole), for
// clients that write and read them directly. Both kinds are read in the same way.
package objectstore

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// removeParallelism is how many parts are deleted at the same time.
const removeParallelism = 4

// Errors that callers may want to distinguish.
var (
	// ErrTooLarge is the error of Write for an object above its limit.
	ErrTooLarge = errs.New(errs.Exhausted, "OBJECT_TOO_LARGE", "file is too large")
	// ErrCorrupt is the error of Part for bytes that differ from those written.
	ErrCorrupt = errs.New(errs.Internal, "OBJECT_CORRUPT", "")
)

// Blobs is the store of parts. Put replaces. For an absent key Delete returns nil
// and Get NotFound.
type Blobs interface {
	Put(ctx context.Context, key string, data []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// Whole is a store of unchanged objects that can be read in ranges. Put replaces.
// For an absent key Delete returns nil and GetRange NotFound.
type Whole interface {
	Put(ctx context.Context, key, contentType string, size int64, r io.Reader) error
	GetRange(ctx context.Context, key string, offset, length int64) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// Layout is the form in which an object is stored. The numbers are stored in rows.
type Layout int

// The layouts.
const (
	LayoutParts Layout = 0 // numbered blobs with headers
	LayoutWhole Layout = 1 // one unchanged object
)

// Manifest describes an object and its parts. The caller that stored the object
// keeps it.
type Manifest struct {
	Key         string   // prefix of the keys of its parts
	Size        int64    // bytes
	PartSize    int64    // payload of every part except the last, in bytes; for a whole object the size of one read
	SHA256      [32]byte // of the whole object
	ContentType string   // for readers; Write leaves it empty
	Layout      Layout
}

// Parts returns the number of parts: 0 for an empty object.
func (m Manifest) Parts() int {
	if m.PartSize <= 0 {
		return 0
	}
	return int((m.Size + m.PartSize - 1) / m.PartSize)
}

// partLength returns the payload of part n in bytes.
func (m Manifest) partLength(n int) int64 {
	return min(m.PartSize, m.Size-int64(n)*m.PartSize)
}

// PartKey returns the key of part n of the object key.
func PartKey(key string, n int) string {
	return fmt.Sprintf("%s/%06d", key, n)
}

// Store stores objects. It is safe for concurrent use. With two writers of one key
// the last one wins part by part, so use each key once.
type Store struct {
	blobs Blobs
	whole Whole // nil: none
}

// New returns a store over blobs. Objects of LayoutWhole are in whole; if that is
// nil, they are Unavailable.
func New(blobs Blobs, whole Whole) *Store {
	return &Store{blobs: blobs, whole: whole}
}

// Part reads and verifies part n of an object. A missing part is NotFound, a
// damaged one ErrCorrupt.
func (s *Store) Part(ctx context.Context, m Manifest, n int) ([]byte, error) {
	const op = "objectstore.Part"
	if n < 0 || n >= m.Parts() {
		return nil, &errs.Error{Code: errs.Internal, Op: op, Cause: fmt.Errorf("part %d of %s, which has %d", n, m.Key, m.Parts())}
	}
	if m.Layout == LayoutWhole {
		piece, err := s.piece(ctx, m, n)
		return piece, errs.Wrap(op, err)
	}
	key := PartKey(m.Key, n)
	blob, err := s.blobs.Get(ctx, key)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	payload, err := open(blob, m.partLength(n))
	if err != nil {
		return nil, errs.Wrap(op, ErrCorrupt.WithCause(fmt.Errorf("%s: %w", key, err)))
	}
	return payload, nil
}

// Extent names all keys that an object has, or may have.
type Extent struct {
	Key    string
	Parts  int // numbered from 0; unused for LayoutWhole
	Layout Layout
}

// Extent returns the extent of the object.
func (m Manifest) Extent() Extent { return Extent{Key: m.Key, Parts: m.Parts(), Layout: m.Layout} }

// Remove deletes objects, including those that are partly deleted already. It
// tries all of them and returns the first error.
func (s *Store) Remove(ctx context.Context, extents ...Extent) error {
	var group errgroup.Group
	group.SetLimit(removeParallelism)
	for _, e := range extents {
		if e.Layout == LayoutWhole {
			group.Go(func() error { return s.removeWhole(ctx, e.Key) })
			continue
		}
		for n := range e.Parts {
			group.Go(func() error { return s.blobs.Delete(ctx, PartKey(e.Key, n)) })
		}
	}
	return errs.Wrap("objectstore.Remove", group.Wait())
}

// PartFunc reads the payload of part n of an object: Store.Part or a cache in front
// of it.
type PartFunc = func(ctx context.Context, m Manifest, n int) ([]byte, error)

// Reader returns a reader of an object at any offset, for http.ServeContent. It
// fetches a part when it is needed and holds one at a time. If parts is nil, it
// uses s.Part. The reader is for one goroutine and must not be used after ctx
// ends.
func (s *Store) Reader(ctx context.Context, m Manifest, parts PartFunc) io.ReadSeeker {
	if parts == nil {
		parts = s.Part
	}
	return &reader{manifest: m, current: -1, fetch: func(n int) ([]byte, error) { return parts(ctx, m, n) }}
}
