package media

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// slowObjects is a store that takes a second for each part.
type slowObjects struct{ loads int }

// Part answers after a second.
func (s *slowObjects) Part(ctx context.Context, _ objectstore.Manifest, _ int) ([]byte, error) {
	s.loads++
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Second):
		return make([]byte, 100), nil
	}
}

// Reader is not asked for.
func (s *slowObjects) Reader(context.Context, objectstore.Manifest, func(context.Context, objectstore.Manifest, int) ([]byte, error)) io.ReadSeeker {
	return nil
}

// The first viewer of a part leaves while it loads; the others get it all the
// same.
func TestViewerThatLeavesDoesNotSpoilThePart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		objects := &slowObjects{}
		p, err := newParts(objects, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		leaving, leave := context.WithCancel(t.Context())
		first := make(chan error, 1)
		go func() {
			_, err := p.get(leaving, objectstore.Manifest{Key: "k"}, 0)
			first <- err
		}()
		synctest.Wait()
		leave()
		if part, err := p.get(t.Context(), objectstore.Manifest{Key: "k"}, 0); err != nil || len(part) != 100 {
			t.Errorf("%d bytes, %v", len(part), err)
		}
		<-first
		if objects.loads != 1 {
			t.Errorf("%d loads", objects.loads)
		}
	})
}
