package daprx

import (
	"context"
	"fmt"
	"strconv"
	"time"

	dapr "github.com/dapr/go-sdk/client"
)

// State is a Dapr state component for copies that can be rebuilt: no write waits for
// replicas.
type State struct {
	sidecar   *Sidecar
	component string
	creation  creation
}

// State returns the state component; nothing is sent yet.
func (s *Sidecar) State(component string) *State {
	return &State{sidecar: s, component: component}
}

// Get reads one key. For an absent key it returns nil without an error.
func (s *State) Get(ctx context.Context, key string) ([]byte, error) {
	const op = "daprx.State.Get"
	ctx, cancel := bounded(ctx, s.sidecar.timeout)
	defer cancel()
	item, err := s.sidecar.client.GetStateWithConsistency(ctx, s.component, key, nil, dapr.StateConsistencyEventual)
	if err != nil {
		return nil, apiError(op, err)
	}
	return present(item.Value, item.Etag), nil
}

// GetMany reads keys in one request. The result lacks absent keys.
func (s *State) GetMany(ctx context.Context, keys []string) (map[string][]byte, error) {
	const op = "daprx.State.GetMany"
	found := make(map[string][]byte, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	ctx, cancel := bounded(ctx, s.sidecar.timeout)
	defer cancel()
	items, err := s.sidecar.client.GetBulkState(ctx, s.component, keys, nil, int32(len(keys)))
	if err != nil {
		return nil, apiError(op, err)
	}
	for _, item := range items {
		if item.Error != "" {
			return nil, componentFault(op, fmt.Errorf("key %s: %s", item.Key, item.Error))
		}
		if value := present(item.Value, item.Etag); value != nil {
			found[item.Key] = value
		}
	}
	return found, nil
}

// present distinguishes an absent key from an empty value: only stored values have an
// etag.
func present(value []byte, etag string) []byte {
	if value == nil && etag != "" {
		return []byte{}
	}
	return value
}

// PutAll stores all entries in one state transaction and replaces earlier ones. They
// live for ttl (whole seconds, at least one).
func (s *State) PutAll(ctx context.Context, entries map[string][]byte, ttl time.Duration) error {
	operations := make([]*dapr.StateOperation, 0, len(entries))
	for key, value := range entries {
		operations = append(operations, &dapr.StateOperation{
			Type: dapr.StateOperationTypeUpsert,
			Item: &dapr.SetStateItem{
				Key:      key,
				Value:    value,
				Metadata: lifetime(ttl),
				Options:  &dapr.StateOptions{Concurrency: dapr.StateConcurrencyLastWrite},
			},
		})
	}
	ctx, cancel := bounded(ctx, s.sidecar.timeout)
	defer cancel()
	return apiError("daprx.State.PutAll", s.sidecar.client.ExecuteStateTransaction(ctx, s.component, nil, operations))
}

func lifetime(ttl time.Duration) map[string]string {
	seconds := max(1, int64((ttl+time.Second-1)/time.Second))
	return map[string]string{"ttlInSeconds": strconv.FormatInt(seconds, 10)}
}
