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

// cleanupTimeout bounds the cleanup after a failed Write.
const cleanupTimeout = 30 * time.Second

// putTimeout bounds the upload of one part, which does not end with its request.
const putTimeout = 30 * time.Second

// Write stores the content of r as the object key, in parts of partSize bytes. It
// reads the next part while one is being uploaded; only these two are in memory. An
// object of more than limit bytes is ErrTooLarge. After any error it deletes the
// parts already written, also when ctx has ended; an error of r is in the chain.
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

// discard deletes the parts of an object whose Write failed. Parts that it cannot
// delete are orphans.
func (s *Store) discard(ctx context.Context, key string, parts int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	_ = s.Remove(ctx, Extent{Key: key, Parts: parts})
}

// writer is the state of one Write.
type writer struct {
	blobs    Blobs
	manifest Manifest
	limit    int64
	sum      hash.Hash
	buffers  [2][]byte // one being read, one being uploaded
	started  int       // number of uploads started
}

// copy reads and uploads until r ends. It returns after the last upload and cancels
// none: a store may continue with a cancelled upload and create the part after it
// was deleted.
func (w *writer) copy(ctx context.Context, r io.Reader) error {
	uploaded := make(chan error, 1)
	uploaded <- nil
	for {
		part, last, err := w.read(r)
		if err != nil {
			<-uploaded //nolint:errcheck // the part is removed anyway
			return err
		}
		if err := <-uploaded; err != nil {
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
		go func() { uploaded <- w.put(ctx, partKey, part) }()
		if last {
			return <-uploaded
		}
	}
}

func (w *writer) put(ctx context.Context, key string, part []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putTimeout)
	defer cancel()
	return w.blobs.Put(ctx, key, part)
}

// read fills the free buffer and adds its header. last reports the end of r; a part
// without payload is only a header.
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

// fill reads until payload is full or r ends. It is not io.ReadFull, which reports
// the end of r as io.ErrUnexpectedEOF: the body of an interrupted upload returns
// that error too.
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
