// Package objects copies whole objects from and to the object store. It tells a
// lost object from an outage of the store.
package objects

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// Store implements media.Objects on an object store.
type Store struct {
	store *objectstore.Store
	pause time.Duration // before the first retry of a part
}

var _ media.Objects = (*Store)(nil)

// tries is the number of reads of a part. A passing fault should not discard the
// parts that were fetched already.
const tries = 3

// New returns a Store on an object store.
func New(store *objectstore.Store) *Store {
	return &Store{store: store, pause: 300 * time.Millisecond}
}

// Fetch implements media.Objects.
func (s *Store) Fetch(ctx context.Context, o media.Object, w io.Writer) ([32]byte, error) {
	m := manifest(o)
	sum := sha256.New()
	for n := range m.Parts() {
		part, err := s.part(ctx, m, n)
		if err != nil {
			return [32]byte{}, fmt.Errorf("fetch: %w", err)
		}
		sum.Write(part)
		if _, err := w.Write(part); err != nil {
			return [32]byte{}, fmt.Errorf("fetch: %w", err)
		}
	}
	return [32]byte(sum.Sum(nil)), nil
}

func (s *Store) part(ctx context.Context, m objectstore.Manifest, n int) ([]byte, error) {
	var err error
	for try := range tries {
		if try > 0 {
			timer := time.NewTimer(s.pause << try)
			select {
			case <-ctx.Done():
				timer.Stop()
				return nil, errors.Join(err, context.Cause(ctx))
			case <-timer.C:
			}
		}
		var part []byte
		if part, err = s.store.Part(ctx, m, n); err == nil {
			return part, nil
		}
	}
	// The object is lost only if the store itself reports it three times. An
	// unreachable store proves nothing.
	if errors.Is(err, objectstore.ErrCorrupt) || errs.CodeOf(err) == errs.NotFound && errs.ReasonOf(err) == "OBJECT_MISSING" {
		return nil, media.Fail(videov1.FailureSourceLost, "part %d: %w", n, err)
	}
	return nil, err
}

// Store implements media.Objects.
func (s *Store) Store(ctx context.Context, o media.Object, r io.Reader) error {
	stored, err := s.write(ctx, o, r)
	if err != nil {
		return err
	}
	if stored.SHA256 != o.SHA256 || stored.Size != o.Size {
		return fmt.Errorf("stored %d bytes of %x, want %d of %x", stored.Size, stored.SHA256, o.Size, o.SHA256)
	}
	return nil
}

func (s *Store) write(ctx context.Context, o media.Object, r io.Reader) (objectstore.Manifest, error) {
	if o.Whole {
		return s.store.WriteWhole(ctx, o.Key, o.ContentType, o.PartSize, o.Size, r)
	}
	// Write allocates a whole part, and most objects are much smaller.
	return s.store.Write(ctx, o.Key, min(o.PartSize, max(o.Size, 1)), o.Size, r)
}

func manifest(o media.Object) objectstore.Manifest {
	m := objectstore.Manifest{Key: o.Key, Size: o.Size, PartSize: o.PartSize, SHA256: o.SHA256, ContentType: o.ContentType}
	if o.Whole {
		m.Layout = objectstore.LayoutWhole
	}
	return m
}
