package fake

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// Blobs is a store of parts in memory. As Calls it counts Put, Get and Delete.
type Blobs struct {
	Calls
	// OnPut is called with each key before it is stored.
	OnPut func(key string)
	mu    sync.Mutex
	blobs map[string][]byte
}

var _ objectstore.Blobs = (*Blobs)(nil)

// Put stores a blob.
func (b *Blobs) Put(ctx context.Context, key string, data []byte) error {
	if err := b.note("Put"); err != nil {
		return err
	}
	if b.OnPut != nil {
		b.OnPut(key)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.blobs == nil {
		b.blobs = map[string][]byte{}
	}
	b.blobs[key] = bytes.Clone(data)
	return nil
}

// Get reads a blob.
func (b *Blobs) Get(_ context.Context, key string) ([]byte, error) {
	if err := b.note("Get"); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	data, ok := b.blobs[key]
	if !ok {
		return nil, errs.New(errs.NotFound, "OBJECT_MISSING", "")
	}
	return bytes.Clone(data), nil
}

// Delete removes a blob, if there is one.
func (b *Blobs) Delete(_ context.Context, key string) error {
	if err := b.note("Delete"); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.blobs, key)
	return nil
}

// drop deletes the parts of an object.
func (b *Blobs) drop(object string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key := range b.blobs {
		if strings.HasPrefix(key, object+"/") {
			delete(b.blobs, key)
		}
	}
}

// Len is the number of blobs.
func (b *Blobs) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.blobs)
}
