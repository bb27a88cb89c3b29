// Package hotstatetest has an in-memory state store for tests of hot documents.
package hotstatetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	hotentryv1 "github.com/douyin-on-dapr/douyin/services/contract/hotentry/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// States is a state store whose entries do not expire.
type States struct {
	mu      sync.Mutex
	entries map[string]entry
	writes  int
	down    bool
}

type entry struct {
	value []byte
	ttl   time.Duration
}

var _ hotstate.States = (*States)(nil)

// New returns an empty store.
func New() *States { return &States{entries: map[string]entry{}} }

// SetDown makes calls fail, or work again.
func (s *States) SetDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Document decodes the document under a key and returns its lifetime. It fails
// the test if there is none.
func (s *States) Document(t testing.TB, key string, into proto.Message) time.Duration {
	t.Helper()
	stored, ttl := s.stored(t, key)
	if stored.GetContent() == nil || stored.GetInvalidated() {
		t.Fatalf("no document under %s", key)
	}
	if err := proto.Unmarshal(stored.GetDocument(), into); err != nil {
		t.Fatal(err)
	}
	return ttl
}

// Invalidated reports whether the entry under a key is invalidated.
func (s *States) Invalidated(t testing.TB, key string) bool {
	t.Helper()
	stored, _ := s.stored(t, key)
	return stored.GetInvalidated()
}

// Keys returns the number of entries.
func (s *States) Keys() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

// Writes returns how many entries were written so far, repeated ones included.
func (s *States) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

func (s *States) stored(t testing.TB, key string) (*hotentryv1.Entry, time.Duration) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var stored hotentryv1.Entry
	if err := proto.Unmarshal(s.entries[key].value, &stored); err != nil {
		t.Fatal(err)
	}
	return &stored, s.entries[key].ttl
}

var errDown = errors.New("state store is down")

// do runs a call unless the store is down.
func (s *States) do(call func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errDown
	}
	call()
	return nil
}

// Get implements hotstate.States.
func (s *States) Get(_ context.Context, key string) (value []byte, err error) {
	err = s.do(func() { value = s.entries[key].value })
	return value, err
}

// GetMany implements hotstate.States.
func (s *States) GetMany(_ context.Context, keys []string) (map[string][]byte, error) {
	values := make(map[string][]byte, len(keys))
	err := s.do(func() {
		for _, key := range keys {
			values[key] = s.entries[key].value
		}
	})
	return values, err
}

// CreateAll implements hotstate.States.
func (s *States) CreateAll(_ context.Context, entries map[string][]byte, ttl time.Duration) error {
	return s.do(func() {
		for key, value := range entries {
			if _, found := s.entries[key]; !found {
				s.entries[key] = entry{value: value, ttl: ttl}
				s.writes++
			}
		}
	})
}

// PutAll implements hotstate.States.
func (s *States) PutAll(_ context.Context, entries map[string][]byte, ttl time.Duration) error {
	return s.do(func() {
		for key, value := range entries {
			s.entries[key] = entry{value: value, ttl: ttl}
			s.writes++
		}
	})
}
