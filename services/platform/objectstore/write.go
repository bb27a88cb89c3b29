package objectstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// cleanupTimeout bounds the deletion of what a failed Write left.
const cleanupTimeout = 30 * time.Second

// putTimeout bounds the upload of one part, which does not end with the request
// that it belongs to.
const putTimeout = 30 * time.Second

// Write stores what r holds, up to its end, as the object key in parts of
// partSize bytes. While a part is on its way the next is read; no more than
// these two are in memory. An object of more than limit bytes is ErrTooLarge.
// After any error the parts that were written are deleted again, also when ctx
// has ended; an error of r is in the chain.
func (s *Store) Write(ctx context.Context, key string, partSize, limit int64, r io.Reader) (Manifest, error) {
	const op = "objectstore.Write"
	if partSize <= 0 || partSize > math.MaxUint32 {
		return Manifest{}, &errs.Error{Code: errs.Internal, Op: op, Cause: fmt.Errorf("part size %d", partSize)}
	}
	w := &writer{blobs: s.blobs, manifest: Manifest{Key: key, PartSize: partSize}, limit: limit, sum: sha256.New()}
	if err := w.copy(ctx, r); err != nil {
		s.discard(ctx, key, w.started)
		return Manifest{}, errs.Wrap(op, err)
	}
	w.sum.Sum(w.manifest.SHA256[:0])
	return w.manifest, nil
}

// discard deletes the parts of an object that nobody will know of. What it
// fails to delete is left to whoever sweeps objects without a manifest.
func (s *Store) discard(ctx context.Context, key string, parts int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	_ = s.Remove(ctx, Extent{Key: key, Parts: parts})
}

// writer is one Write under way.
type writer struct {
	blobs    Blobs
	manifest Manifest
	limit    int64
	sum      hash.Hash
	buffers  [2][]byte // one being read, one on its way
	started  int       // parts whose upload has begun
}

// copy reads and uploads until r ends. It returns after the last upload has,
// and cuts none off: a store may go on with what its caller has given up, and
// have the part back after it was deleted.
func (w *writer) copy(ctx context.Context, r io.Reader) error {
	underWay := make(chan error, 1)
	underWay <- nil
	for {
		part, last, err := w.read(r)
		if err != nil {
			<-underWay //nolint:errcheck // what was stored is removed anyway
			return err
		}
		if err := <-underWay; err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(part) == headerSize {
			return nil
		}
		partKey := PartKey(w.manifest.Key, w.started)
		w.started++
		go func() { underWay <- w.put(ctx, partKey, part) }()
		if last {
			return <-underWay
		}
	}
}

func (w *writer) put(ctx context.Context, key string, part []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putTimeout)
	defer cancel()
	return w.blobs.Put(ctx, key, part)
}

// read fills the buffer that is not on its way and seals it. last means that r
// has ended; without any byte the part is only a header.
func (w *writer) read(r io.Reader) (part []byte, last bool, err error) {
	buffer := &w.buffers[w.started%2]
	if *buffer == nil {
		*buffer = make([]byte, headerSize+w.manifest.PartSize)
	}
	n, last, err := fill((*buffer)[headerSize:], r)
	if err != nil {
		return nil, false, err
	}
	w.manifest.Size += int64(n)
	if w.manifest.Size > w.limit {
		return nil, false, ErrTooLarge
	}
	part = (*buffer)[:headerSize+n]
	w.sum.Write(part[headerSize:])
	seal(part)
	return part, last, nil
}

// fill reads until payload is full or r has ended. It is not io.ReadFull,
// because that answers the end of r with io.ErrUnexpectedEOF, which is also
// what the body of an upload says that broke off.
func fill(payload []byte, r io.Reader) (n int, ended bool, err error) {
	for n < len(payload) {
		more, err := r.Read(payload[n:])
		n += more
		if errors.Is(err, io.EOF) {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}
