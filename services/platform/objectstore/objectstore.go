// Package objectstore keeps objects of any size in a store of small blobs, the
// Dapr binding. Bindings hold a whole blob in memory several times over and
// change bodies that look like base64 or like a quoted string, so an object is
// cut into parts, and a part begins with a header that looks like neither and
// carries a checksum.
//
// Where there is an S3 store as well, objects may also lie there as they are
// (LayoutWhole), for clients that write and read them directly. Both kinds are
// read alike.
package objectstore

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// removeParallelism is how many parts are deleted at a time.
const removeParallelism = 4

// The errors that callers may want to tell from others.
var (
	// ErrTooLarge is what Write returns when the object is over its limit.
	ErrTooLarge = errs.New(errs.Exhausted, "OBJECT_TOO_LARGE", "file is too large")
	// ErrCorrupt is what Part returns when the store gave back other bytes
	// than it was given.
	ErrCorrupt = errs.New(errs.Internal, "OBJECT_CORRUPT", "")
)

// Blobs is the store of parts. Put replaces, Delete of an absent key is no
// error, and Get of one is NotFound.
type Blobs interface {
	Put(ctx context.Context, key string, data []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// Whole is a store of plain objects that can be read in pieces. Put replaces,
// Delete of an absent key is no error, and GetRange of one is NotFound.
type Whole interface {
	Put(ctx context.Context, key, contentType string, size int64, r io.Reader) error
	GetRange(ctx context.Context, key string, offset, length int64) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// Layout says how the bytes of an object are kept. The numbers are stored in
// rows.
type Layout int

// The layouts.
const (
	LayoutParts Layout = 0 // numbered blobs with headers
	LayoutWhole Layout = 1 // one plain object
)

// Manifest says what an object is and where its parts are. Whoever stored the
// object keeps it.
type Manifest struct {
	Key         string   // what the keys of its parts begin with
	Size        int64    // bytes
	PartSize    int64    // bytes of payload in every part but the last; of a whole object: in which pieces it is read
	SHA256      [32]byte // of the whole object
	ContentType string   // for the reader; Write leaves it empty
	Layout      Layout
}

// Parts is the number of parts: 0 for an empty object.
func (m Manifest) Parts() int {
	if m.PartSize <= 0 {
		return 0
	}
	return int((m.Size + m.PartSize - 1) / m.PartSize)
}

// partLength is the payload of part n in bytes.
func (m Manifest) partLength(n int) int64 {
	return min(m.PartSize, m.Size-int64(n)*m.PartSize)
}

// PartKey is the key of part n of the object key.
func PartKey(key string, n int) string {
	return fmt.Sprintf("%s/%06d", key, n)
}

// Store keeps objects. It is safe for concurrent use; of two writers of one key
// the last wins part by part, so keys should be used once.
type Store struct {
	blobs Blobs
	whole Whole // nil: there is no such store
}

// New makes a store over blobs. whole keeps the objects of LayoutWhole; without
// one, nil, they are Unavailable.
func New(blobs Blobs, whole Whole) *Store {
	return &Store{blobs: blobs, whole: whole}
}

// Part reads part n of an object and checks it. A part that is missing is
// NotFound, one that is damaged ErrCorrupt.
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

// Extent is where an object is, or may be.
type Extent struct {
	Key    string
	Parts  int // the numbers 0 to Parts-1; not used where the layout is whole
	Layout Layout
}

// Extent is where the object of the manifest is.
func (m Manifest) Extent() Extent { return Extent{Key: m.Key, Parts: m.Parts(), Layout: m.Layout} }

// Remove deletes objects, also where some of it is gone already. All are tried;
// the error is the first.
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

// PartFunc reads the payload of part n of an object, as Store.Part does or a
// cache in front of it.
type PartFunc = func(ctx context.Context, m Manifest, n int) ([]byte, error)

// Reader reads an object at any offset, for http.ServeContent. It fetches a
// part when it gets there and holds one at a time. parts nil means s.Part. A
// Reader is for one goroutine and lives no longer than ctx.
func (s *Store) Reader(ctx context.Context, m Manifest, parts PartFunc) io.ReadSeeker {
	if parts == nil {
		parts = s.Part
	}
	return &reader{manifest: m, current: -1, fetch: func(n int) ([]byte, error) { return parts(ctx, m, n) }}
}
