package fake

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

// Objects is an in-memory object store.
type Objects struct {
	mu    sync.Mutex
	bytes map[string][]byte

	OnFetch func(ctx context.Context) error             // called before a fetch, if set
	OnStore func(ctx context.Context, key string) error // called before a store, if set
}

var _ media.Objects = (*Objects)(nil)

// NewObjects returns an empty store.
func NewObjects() *Objects { return &Objects{bytes: map[string][]byte{}} }

// Put stores an object like an upload.
func (o *Objects) Put(key string, data []byte) media.Object {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes[key] = data
	return media.Object{Key: key, Size: int64(len(data)), PartSize: 1 << 20, SHA256: sha256.Sum256(data), ContentType: "video/mp4"}
}

// Get returns the bytes of an object.
func (o *Objects) Get(key string) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes[key]
}

// Keys lists the objects.
func (o *Objects) Keys() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(maps.Keys(o.bytes))
}

// Fetch implements media.Objects.
func (o *Objects) Fetch(ctx context.Context, object media.Object, w io.Writer) ([32]byte, error) {
	if o.OnFetch != nil {
		if err := o.OnFetch(ctx); err != nil {
			return [32]byte{}, err
		}
	}
	o.mu.Lock()
	data, ok := o.bytes[object.Key]
	o.mu.Unlock()
	if !ok {
		return [32]byte{}, media.Fail(videov1.FailureSourceLost, "no object %s", object.Key)
	}
	_, err := w.Write(data)
	return sha256.Sum256(data), err
}

// Store implements media.Objects.
func (o *Objects) Store(ctx context.Context, object media.Object, r io.Reader) error {
	if o.OnStore != nil {
		if err := o.OnStore(ctx, object.Key); err != nil {
			return err
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if int64(len(data)) != object.Size || sha256.Sum256(data) != object.SHA256 {
		return fmt.Errorf("object %s differs from its manifest", object.Key)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes[object.Key] = data
	return nil
}
