package objectstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// errNoWhole is the error for whole objects without a store for them.
var errNoWhole = errs.New(errs.Unavailable, "WHOLE_OBJECTS_UNAVAILABLE", "").
	WithCause(errors.New("no S3 store is configured"))

// WriteWhole stores size bytes of r as a whole object that is read in pieces of
// pieceSize bytes. After an error it deletes the object.
func (s *Store) WriteWhole(ctx context.Context, key, contentType string, pieceSize, size int64, r io.Reader) (Manifest, error) {
	const op = "objectstore.WriteWhole"
	if s.whole == nil {
		return Manifest{}, errs.Wrap(op, errNoWhole)
	}
	sum := sha256.New()
	if err := s.whole.Put(ctx, key, contentType, size, io.TeeReader(r, sum)); err != nil {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		_ = s.whole.Delete(cleanup, key) // an object that remains is deleted with its row
		return Manifest{}, errs.Wrap(op, err)
	}
	m := Manifest{Key: key, Size: size, PartSize: pieceSize, ContentType: contentType, Layout: LayoutWhole}
	sum.Sum(m.SHA256[:0])
	return m, nil
}

// piece reads the bytes that would be part n of an object in parts.
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
