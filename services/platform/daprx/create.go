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

// createParallelism is how many keys CreateAll has on the way at a time.
const createParallelism = 8

// creation is how the component is asked to create only what is absent. Dapr's
// own word for it is "first-write" without an etag, and in-memory, MySQL and
// PostgreSQL do that. state.redis (1.18) does not: it guards a key only when
// the key was itself written as first-write, and such a key then refuses every
// later last-write, so an invalidation would fail on it. What does hold on
// Redis is an etag that no entry ever has: an absent key takes the write, an
// existing one refuses it. The other stores refuse that in both cases. Inside
// a state transaction Redis would still renew the lifetime of the key that
// refused, hence one write for each key.
type creation struct {
	known  atomic.Bool
	byEtag atomic.Bool // written before known
}

// impossibleEtag is a number, as Redis wants it, below the first version, 1.
const impossibleEtag = "-1"

// CreateAll stores each entry whose key is absent, to live for ttl (in whole
// seconds, at least one). An entry whose key exists is left alone, which is no
// error.
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
	// Aborted means that the key exists; but Redis says so of any failure.
	existing, getErr := s.Get(ctx, item.Key)
	if getErr != nil || existing == nil {
		return apiError("daprx.State.CreateAll", err)
	}
	return nil
}

// createsByEtag asks the sidecar once what the component is.
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
