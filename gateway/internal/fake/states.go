package fake

import (
	"context"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	hotentryv1 "github.com/douyin-on-dapr/douyin/services/contract/hotentry/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// States is a state store in memory, without expiry.
type States struct {
	Calls
	mu      sync.Mutex
	entries map[string][]byte
}

var _ hotstate.States = (*States)(nil)

// Store puts a hot document in place, as its owner does.
func (s *States) Store(key string, doc proto.Message) error {
	encoded, err := proto.Marshal(doc)
	if err != nil {
		return err
	}
	return s.put(key, &hotentryv1.Entry{Content: &hotentryv1.Entry_Document{Document: encoded}})
}

// Invalidate says "ask the owner", as the owner does after a change.
func (s *States) Invalidate(key string) error {
	return s.put(key, &hotentryv1.Entry{Content: &hotentryv1.Entry_Invalidated{Invalidated: true}})
}

func (s *States) put(key string, entry *hotentryv1.Entry) error {
	encoded, err := proto.Marshal(entry)
	if err != nil {
		return err
	}
	return s.PutAll(context.Background(), map[string][]byte{key: encoded}, 0)
}

// Get reads one entry.
func (s *States) Get(_ context.Context, key string) ([]byte, error) {
	if err := s.note("Get"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries[key], nil
}

// GetMany reads the entries that exist.
func (s *States) GetMany(_ context.Context, keys []string) (map[string][]byte, error) {
	if err := s.note("GetMany"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string][]byte{}
	for _, key := range keys {
		if value, ok := s.entries[key]; ok {
			found[key] = value
		}
	}
	return found, nil
}

// CreateAll writes the entries that do not exist.
func (s *States) CreateAll(_ context.Context, entries map[string][]byte, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, value := range entries {
		if _, ok := s.entries[key]; !ok {
			s.set(key, value)
		}
	}
	return nil
}

// PutAll writes entries.
func (s *States) PutAll(_ context.Context, entries map[string][]byte, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, value := range entries {
		s.set(key, value)
	}
	return nil
}

func (s *States) set(key string, value []byte) {
	if s.entries == nil {
		s.entries = map[string][]byte{}
	}
	s.entries[key] = value
}
