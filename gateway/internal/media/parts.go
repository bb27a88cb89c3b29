package media

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

const (
	// loadTimeout bounds the loading of a part, which several clients may wait
	// for and which therefore does not end with the request of one of them.
	loadTimeout = 10 * time.Second

	// loadsAtOnce bounds the parts on their way from the sidecar, which hold
	// several times their size in memory until they are here.
	loadsAtOnce = 8
)

type partName struct {
	key string
	n   int
}

// parts keeps the hot parts of objects in memory, so that a video that many
// watch is read from the store once. Objects are never changed once written,
// so there is nothing to invalidate.
type parts struct {
	objects Objects
	kept    *otter.Cache[partName, []byte]
	loads   chan struct{}
}

func newParts(objects Objects, maxBytes int64) (*parts, error) {
	kept, err := otter.New(&otter.Options[partName, []byte]{
		MaximumWeight: uint64(max(0, maxBytes)),
		Weigher:       func(_ partName, part []byte) uint32 { return uint32(len(part)) },
	})
	if err != nil {
		return nil, err
	}
	return &parts{objects: objects, kept: kept, loads: make(chan struct{}, loadsAtOnce)}, nil
}

// get returns part n; treat it as read-only. However many ask at once, it is
// loaded once.
func (p *parts) get(ctx context.Context, m objectstore.Manifest, n int) ([]byte, error) {
	return p.kept.Get(ctx, partName{m.Key, n}, otter.LoaderFunc[partName, []byte](func(ctx context.Context, _ partName) ([]byte, error) {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return p.load(detached, m, n)
	}))
}

// load reads part n from the store.
func (p *parts) load(ctx context.Context, m objectstore.Manifest, n int) ([]byte, error) {
	select {
	case p.loads <- struct{}{}:
		defer func() { <-p.loads }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return p.objects.Part(ctx, m, n)
}
