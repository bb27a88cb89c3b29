package hotstate

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/protobuf/proto"

	hotentryv1 "github.com/douyin-on-dapr/douyin/services/contract/hotentry/v1"
)

// Document is a family of hot documents of one type.
type Document[T proto.Message] struct {
	store    *Store
	ttl      time.Duration
	rebuilds *rebuilds[T]
}

// For returns the family of T, whose documents live for ttl.
func For[T proto.Message](s *Store, ttl time.Duration) Document[T] {
	return Document[T]{store: s, ttl: ttl, rebuilds: newRebuilds[T]()}
}

// Get reads the document under key. False means: ask the owner. The document is
// absent or invalidated, or the state store did not answer within 150 ms.
func (d Document[T]) Get(ctx context.Context, key string) (T, bool) {
	return Read[T](d.store.Snapshot(ctx, key), key)
}

// Load is the owner's read: it returns the hot document, or else the result of
// rebuild, which it stores unless the key was invalidated. Concurrent callers
// share a rebuild, but never one that began before their call, so the answer
// holds everything committed before the call. rebuild serves all callers, so its
// context has the values of one of theirs and a deadline of 4 s. Treat the
// result as read-only.
func (d Document[T]) Load(ctx context.Context, key string, rebuild func(context.Context) (T, error)) (T, error) {
	return d.rebuilds.join(ctx, key, func(ctx context.Context) (T, error) {
		snapshot := d.store.Snapshot(ctx, key)
		if doc, ok := Read[T](snapshot, key); ok {
			return doc, nil
		}
		doc, err := rebuild(ctx)
		// An invalidated entry is there for seconds and would refuse the document.
		if err == nil && len(snapshot.entries[key]) == 0 {
			d.Put(ctx, key, doc)
		}
		return doc, err
	})
}

// Put stores doc unless key already has an entry. The rows must have been read
// at most 4 s ago. A failure is logged.
func (d Document[T]) Put(ctx context.Context, key string, doc T) {
	entry, err := encode(doc)
	if err != nil {
		d.store.log.ErrorContext(ctx, "hot document encoding failed", slog.String("key", key), slog.String("error", err.Error()))
		return
	}
	d.store.create(ctx, key, entry, d.ttl)
}

// Snapshot is the result of one bulk read.
type Snapshot struct {
	entries map[string][]byte
	log     *slog.Logger
}

// Snapshot reads keys of any types in one request. It is empty while the state
// store is down.
func (s *Store) Snapshot(ctx context.Context, keys ...string) Snapshot {
	if len(keys) == 0 {
		return Snapshot{log: s.log}
	}
	return Snapshot{entries: s.read(ctx, keys...), log: s.log}
}

// Read returns one document of a snapshot. False means: ask the owner.
func Read[T proto.Message](s Snapshot, key string) (T, bool) {
	var none T
	entry := s.entries[key]
	if len(entry) == 0 {
		return none, false
	}
	doc, ok, err := decode[T](entry)
	if err != nil {
		s.log.Warn("hot document decoding failed", slog.String("key", key), slog.String("error", err.Error()))
	}
	return doc, ok
}

func encode(doc proto.Message) ([]byte, error) {
	document, err := proto.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return proto.Marshal(&hotentryv1.Entry{Content: &hotentryv1.Entry_Document{Document: document}})
}

// decode returns false for an entry without a document.
func decode[T proto.Message](raw []byte) (doc T, ok bool, err error) {
	var entry hotentryv1.Entry
	if err := proto.Unmarshal(raw, &entry); err != nil {
		return doc, false, err
	}
	content, ok := entry.GetContent().(*hotentryv1.Entry_Document)
	if !ok {
		return doc, false, nil
	}
	fresh, ok := doc.ProtoReflect().New().Interface().(T)
	if !ok {
		return doc, false, nil
	}
	if err := proto.Unmarshal(content.Document, fresh); err != nil {
		return doc, false, err
	}
	return fresh, true, nil
}
