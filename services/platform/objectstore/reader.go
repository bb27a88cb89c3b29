package objectstore

import (
	"errors"
	"io"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var _ io.ReadSeeker = (*reader)(nil)

// reader is the Reader of one object.
type reader struct {
	manifest Manifest
	fetch    func(n int) ([]byte, error)
	offset   int64
	current  int    // number of the part in payload; -1: none
	payload  []byte // read-only: a cache may own it
}

// Read reads from one part, so it may return less than len(p).
func (r *reader) Read(p []byte) (int, error) {
	if r.offset >= r.manifest.Size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	n := int(r.offset / r.manifest.PartSize)
	if n != r.current {
		payload, err := r.fetch(n)
		if err != nil {
			return 0, err
		}
		if int64(len(payload)) != r.manifest.partLength(n) {
			return 0, ErrCorrupt.WithCause(errors.New("part of unexpected length"))
		}
		r.current, r.payload = n, payload
	}
	copied := copy(p, r.payload[r.offset-int64(n)*r.manifest.PartSize:])
	r.offset += int64(copied)
	return copied, nil
}

// Seek sets the offset of the next Read and fetches nothing. An offset behind the
// end is allowed, as for every io.Seeker.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.manifest.Size
	default:
		return 0, errs.Wrap("objectstore.Seek", errors.New("unknown whence"))
	}
	if offset < 0 {
		return 0, errs.Wrap("objectstore.Seek", errors.New("negative offset"))
	}
	r.offset = offset
	return offset, nil
}
