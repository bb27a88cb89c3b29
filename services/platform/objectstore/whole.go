package objectstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// errNoWhole is the answer about plain objects where no store for them is set.
var errNoWhole = errs.New(errs.Unavailable, "WHOLE_OBJECTS_UNAVAILABLE", "").
	WithCause(errors.New("no S3 store is configured here"))

// WriteWhole stores size bytes of r as a plain object, to be read in pieces of
// pieceSize bytes. After an error nothing is left of it.
func (s *Store) WriteWhole(ctx context.Context, key, contentType string, pieceSize, size int64, r io.Reader) (Manifest, error) {
	const op = "objectstore.WriteWhole"
	if s.whole == nil {
		return Manifest{}, errs.Wrap(op, errNoWhole)
	}
	sum := sha256.New()
	if err := s.whole.Put(ctx, key, contentType, size, io.TeeReader(r, sum)); err != nil {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		_ = s.whole.Delete(cleanup, key) // what is left is swept with its row
		return Manifest{}, errs.Wrap(op, err)
	}
	m := Manifest{Key: key, Size: size, PartSize: pieceSize, ContentType: contentType, Layout: LayoutWhole}
	sum.Sum(m.SHA256[:0])
	return m, nil
}

// piece reads what would be part n if the object were kept in parts.
func (s *Store) piece(ctx context.Context, m Manifest, n int) ([]byte, error) {
	if s.whole == nil {
		return nil, errNoWhole
	}
	length := m.partLength(n)
	data, err := s.whole.GetRange(ctx, m.Key, int64(n)*m.PartSize, length)
	if err == nil && int64(len(data)) != length {
		err = ErrCorrupt.WithCause(fmt.Errorf("%s: %d of %d bytes", m.Key, len(data), length))
	}
	return data, err
}

func (s *Store) removeWhole(ctx context.Context, key string) error {
	if s.whole == nil {
		return errNoWhole
	}
	return s.whole.Delete(ctx, key)
}
