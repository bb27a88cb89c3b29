package daprx

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	dapr "github.com/dapr/go-sdk/client"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// createParallelism is how many keys CreateAll writes at the same time.
const createParallelism = 8

// creation is the way in which a component creates only absent keys. Dapr's way is
// "first-write" without an etag, which in-memory, MySQL and PostgreSQL implement.
// state.redis (1.18) does not: it protects a key only if the key itself was written as
// first-write, and such a key then refuses every later last-write, so an invalidation
// would fail. On Redis an etag that no entry ever has works: an absent key accepts the
// write, an existing one refuses it. The other stores refuse it in both cases. In a
// state transaction Redis would still renew the lifetime of the refusing key, hence one
// write per key.
type creation struct {
	known  atomic.Bool
	byEtag atomic.Bool // written before known
}

// impossibleEtag is a number, as Redis requires, below the first version, 1.
const impossibleEtag = "-1"

// CreateAll stores each entry whose key is absent, for ttl (whole seconds, at least
// one). It leaves existing keys unchanged, without an error.
func (s *State) CreateAll(ctx context.Context, entries map[string][]byte, ttl time.Duration) error {
	ctx, cancel := bounded(ctx, s.sidecar.timeout)
	defer cancel()
	byEtag, err := s.createsByEtag(ctx)
	if err != nil {
		return apiError("daprx.State.CreateAll", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(createParallelism)
	for key, value := range entries {
		item := &dapr.SetStateItem{Key: key, Value: value, Metadata: lifetime(ttl)}
		if byEtag {
			item.Etag = &dapr.ETag{Value: impossibleEtag}
			item.Options = &dapr.StateOptions{} // nil would mean last-write, which ignores the etag
		} else {
			item.Options = &dapr.StateOptions{Concurrency: dapr.StateConcurrencyFirstWrite}
		}
		group.Go(func() error { return s.create(ctx, item) })
	}
	return group.Wait()
}

func (s *State) create(ctx context.Context, item *dapr.SetStateItem) error {
	err := s.sidecar.client.SaveBulkState(ctx, s.component, item)
	if status.Code(err) != codes.Aborted {
		return apiError("daprx.State.CreateAll", err)
	}
	// Aborted means that the key exists; but Redis reports any failure as Aborted.
	existing, getErr := s.Get(ctx, item.Key)
	if getErr != nil || existing == nil {
		return apiError("daprx.State.CreateAll", err)
	}
	return nil
}

// createsByEtag asks the sidecar once for the type of the component.
func (s *State) createsByEtag(ctx context.Context) (bool, error) {
	if s.creation.known.Load() {
		return s.creation.byEtag.Load(), nil
	}
	metadata, err := s.sidecar.client.GetMetadata(ctx)
	if err != nil {
		return false, err
	}
	for _, component := range metadata.RegisteredComponents {
		if component.Name == s.component {
			s.creation.byEtag.Store(strings.HasPrefix(component.Type, "state.redis"))
		}
	}
	s.creation.known.Store(true)
	return s.creation.byEtag.Load(), nil
}
