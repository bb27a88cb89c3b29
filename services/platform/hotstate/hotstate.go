// Package hotstate keeps hot documents: copies, in the Dapr state store, of
// what a service can rebuild from its rows. Losing the state store costs time
// and never an answer.
package hotstate

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/protobuf/proto"
)

// States is the state store as this package needs it.
type States interface {
	Get(ctx context.Context, key string) ([]byte, error)
	GetMany(ctx context.Context, keys []string) (map[string][]byte, error)
	CreateAll(ctx context.Context, entries map[string][]byte, ttl time.Duration) error
	PutAll(ctx context.Context, entries map[string][]byte, ttl time.Duration) error
}

// Store is the hot state of a program.
type Store struct{}

// New wraps a state store.
func New(states States, log *slog.Logger) *Store { return &Store{} }

// Invalidate tells every reader of keys to ask the owner.
func (s *Store) Invalidate(ctx context.Context, keys ...string) error { return nil }

// Snapshot reads keys of several types in one request.
func (s *Store) Snapshot(ctx context.Context, keys ...string) Snapshot { return Snapshot{} }

// Snapshot is what one bulk read found.
type Snapshot struct{}

// Read decodes one document of a snapshot.
func Read[T proto.Message](s Snapshot, key string) (T, bool) {
	var zero T
	return zero, false
}

// Document is a family of hot documents of one type.
type Document[T proto.Message] struct{}

// For makes the family of T.
func For[T proto.Message](s *Store, ttl time.Duration) Document[T] { return Document[T]{} }

// Get reads a document; false means: ask the owner.
func (d Document[T]) Get(ctx context.Context, key string) (T, bool) {
	var zero T
	return zero, false
}

// Load is the owner's read: the hot copy, else rebuild and store.
func (d Document[T]) Load(ctx context.Context, key string, rebuild func(context.Context) (T, error)) (T, error) {
	return rebuild(ctx)
}

// Put stores a document unless there is one.
func (d Document[T]) Put(ctx context.Context, key string, doc T) {}
