package media

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// heldObjects is a store whose objects are read when they are let go.
type heldObjects struct {
	letGo   chan struct{}
	data    []byte
	mu      sync.Mutex
	reading int
}

// Part is not asked for.
func (h *heldObjects) Part(context.Context, objectstore.Manifest, int) ([]byte, error) {
	return nil, nil
}

// Reader waits.
func (h *heldObjects) Reader(context.Context, objectstore.Manifest, func(context.Context, objectstore.Manifest, int) ([]byte, error)) io.ReadSeeker {
	h.mu.Lock()
	h.reading++
	h.mu.Unlock()
	<-h.letGo
	return bytes.NewReader(h.data)
}

func (h *heldObjects) begun() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reading
}

// However many indexes are wanted, few are in memory at once while they are made.
func TestFewIndexesAreLoadedAtOnce(t *testing.T) {
	object := &videov1.Object{Key: "k", Size: 1, PartSize: 1, Sha256: make([]byte, 32)}
	data, err := proto.Marshal(&videov1.HlsIndex{Tracks: []*videov1.HlsTrack{{Name: "720", Height: 720, Codecs: "avc1",
		Init: object, Segments: []*videov1.HlsSegment{{Object: object, DurationUs: 1}}}}})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		objects := &heldObjects{letGo: make(chan struct{}), data: data}
		p, err := newParts(objects, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		all, err := newIndexes(p)
		if err != nil {
			t.Fatal(err)
		}
		var viewers sync.WaitGroup
		for n := range 3 * indexesAtOnce {
			viewers.Go(func() {
				if _, err := all.get(t.Context(), objectstore.Manifest{Key: fmt.Sprint(n), Size: int64(len(data)), PartSize: 100}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := objects.begun(); n != indexesAtOnce {
			t.Errorf("%d at once, want %d", n, indexesAtOnce)
		}
		close(objects.letGo)
		viewers.Wait()
		if n := objects.begun(); n != 3*indexesAtOnce {
			t.Errorf("%d in the end", n)
		}
	})
}
