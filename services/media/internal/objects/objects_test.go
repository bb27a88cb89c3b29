package objects_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/objects"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// blobs is an in-memory store whose Get may fail.
type blobs struct {
	mu    sync.Mutex
	bytes map[string][]byte
	gets  int
	fail  func(get int) error
}

func (b *blobs) Put(_ context.Context, key string, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes[key] = bytes.Clone(data)
	return nil
}

func (b *blobs) Get(_ context.Context, key string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gets++
	if b.fail != nil {
		if err := b.fail(b.gets); err != nil {
			return nil, err
		}
	}
	data, ok := b.bytes[key]
	if !ok {
		return nil, errs.New(errs.NotFound, "OBJECT_MISSING", "object not found")
	}
	return data, nil
}

func (b *blobs) Delete(_ context.Context, key string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.bytes, key)
	return nil
}

const text = "an object of several parts"

func stored(t *testing.T) (*blobs, *objects.Store, media.Object) {
	t.Helper()
	b := &blobs{bytes: map[string][]byte{}}
	store := objects.New(objectstore.New(b, nil))
	o := media.Object{Key: "k", Size: int64(len(text)), PartSize: 10, SHA256: sha256.Sum256([]byte(text))}
	if err := store.Store(t.Context(), o, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return b, store, o
}

func TestStoredObjectsCanBeFetched(t *testing.T) {
	b, store, o := stored(t)
	var got bytes.Buffer
	sum, err := store.Fetch(t.Context(), o, &got)
	if err != nil || got.String() != text || sum != o.SHA256 || len(b.bytes) != 3 {
		t.Errorf("%q, %v, %d parts", got.String(), err, len(b.bytes))
	}
	small := media.Object{Key: "small", Size: 3, PartSize: 1 << 20, SHA256: sha256.Sum256([]byte("abc"))}
	if err := store.Store(t.Context(), small, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	got.Reset()
	if _, err := store.Fetch(t.Context(), small, &got); err != nil || got.String() != "abc" {
		t.Errorf("%q, %v", got.String(), err)
	}
	if err := store.Store(t.Context(), small, strings.NewReader("abd")); err == nil {
		t.Error("bytes that differ from the manifest were stored")
	}
}

// An object is lost only if the store itself reports it as missing or damaged.
func TestLostObjectOrOutage(t *testing.T) {
	down := &errs.Error{Code: errs.Unavailable}
	tests := map[string]struct {
		prepare func(b *blobs)
		lost    bool
		fine    bool
	}{
		"missing part":  {func(b *blobs) { delete(b.bytes, "k/000001") }, true, false},
		"damaged part":  {func(b *blobs) { b.bytes["k/000002"][14] ^= 1 }, true, false},
		"store is down": {func(b *blobs) { b.fail = func(int) error { return down } }, false, false},
		"something else is not found": {func(b *blobs) {
			b.fail = func(int) error { return errs.New(errs.NotFound, "", "no such component") }
		}, false, false},
		"down for a moment": {func(b *blobs) {
			b.fail = func(get int) error {
				if get == 2 {
					return down
				}
				return nil
			}
		}, false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, store, o := stored(t)
				test.prepare(b)
				_, err := store.Fetch(t.Context(), o, &bytes.Buffer{})
				var failure *media.Failure
				if lost := errors.As(err, &failure) && failure.Reason == videov1.FailureSourceLost; lost != test.lost || (err == nil) != test.fine {
					t.Error(fmt.Sprint(err))
				}
			})
		})
	}
}
