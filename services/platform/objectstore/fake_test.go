package objectstore_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

var (
	_ objectstore.Blobs = (*memory)(nil)
	_ objectstore.Blobs = (*daprx.Blobs)(nil)
)

var errDown = errors.New("store is down")

// memory is an in-memory store of blobs that can fail and counts.
type memory struct {
	mu      sync.Mutex
	blobs   map[string][]byte
	gets    int
	failPut func(key string) error
	onPut   func(key string) // called before each put
}

func newMemory() *memory { return &memory{blobs: map[string][]byte{}} }

func (m *memory) Put(ctx context.Context, key string, data []byte) error {
	if m.onPut != nil {
		m.onPut(key)
	}
	if m.failPut != nil {
		if err := m.failPut(key); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blobs[key] = bytes.Clone(data)
	return nil
}

func (m *memory) Get(ctx context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gets++
	data, ok := m.blobs[key]
	if !ok {
		return nil, errs.New(errs.NotFound, "OBJECT_MISSING", "object not found")
	}
	return bytes.Clone(data), ctx.Err()
}

func (m *memory) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.blobs, key)
	return nil
}

func (m *memory) keys() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.blobs))
}

// change modifies one stored blob.
func (m *memory) change(t *testing.T, key string, how func([]byte) []byte) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.blobs[key]
	if !ok {
		t.Fatalf("no blob %s", key)
	}
	m.blobs[key] = how(bytes.Clone(data))
}
