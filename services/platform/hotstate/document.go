package hotstate

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/protobuf/proto"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
)

// Document is a family of hot documents of one type.
type Document[T proto.Message] struct {
	store    *Store
	ttl      time.Duration
	rebuilds *rebuilds[T]
}

// For makes the family of T, whose documents live for ttl.
func For[T proto.Message](s *Store, ttl time.Duration) Document[T] {
	return Document[T]{store: s, ttl: ttl, rebuilds: newRebuilds[T]()}
}

// Get reads the document under key. False means: ask the owner. It is not
// there, or it was invalidated, or the state store does not answer in 150 ms.
func (d Document[T]) Get(ctx context.Context, key string) (T, bool) {
	return Read[T](d.store.Snapshot(ctx, key), key)
}

// Load is how the owner reads: the hot document, else what rebuild makes of the
// rows, which is stored unless the key was invalidated. Callers that come
// together share a rebuild, but none gets one that began before it called, so
// that the answer holds everything committed before the call. rebuild gets the
// values of a caller's context with a deadline of 4 s, as it serves all
// callers. Treat the result as read-only.
func (d Document[T]) Load(ctx context.Context, key string, rebuild func(context.Context) (T, error)) (T, error) {
	return d.rebuilds.join(ctx, key, func(ctx context.Context) (T, error) {
		if doc, ok := d.Get(ctx, key); ok {
			return doc, nil
		}
		doc, err := rebuild(ctx)
		if err == nil {
			d.Put(ctx, key, doc)
		}
		return doc, err
	})
}

// Put stores doc unless there is an entry under key already. The rows must have
// been read at most 4 s ago. A failure is logged.
func (d Document[T]) Put(ctx context.Context, key string, doc T) {
	entry, err := encode(doc)
	if err != nil {
		d.store.log.ErrorContext(ctx, "hot document not encoded", slog.String("key", key), slog.String("error", err.Error()))
		return
	}
	d.store.create(ctx, key, entry, d.ttl)
}

// Snapshot is what one bulk read found.
type Snapshot struct {
	entries map[string][]byte
	log     *slog.Logger
}

// Snapshot reads keys of any types in one request. While the state store is
// down it finds none of them.
func (s *Store) Snapshot(ctx context.Context, keys ...string) Snapshot {
	if len(keys) == 0 {
		return Snapshot{log: s.log}
	}
	return Snapshot{entries: s.read(ctx, keys...), log: s.log}
}

// Read takes one document of a snapshot. False means: ask the owner.
func Read[T proto.Message](s Snapshot, key string) (T, bool) {
	var none T
	entry := s.entries[key]
	if len(entry) == 0 {
		return none, false
	}
	doc, ok, err := decode[T](entry)
	if err != nil {
		s.log.Warn("hot document not decoded", slog.String("key", key), slog.String("error", err.Error()))
	}
	return doc, ok
}

func encode(doc proto.Message) ([]byte, error) {
	document, err := proto.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return proto.Marshal(&hotv1.Entry{Content: &hotv1.Entry_Document{Document: document}})
}

// decode is false for an entry that holds no document.
func decode[T proto.Message](raw []byte) (doc T, ok bool, err error) {
	var entry hotv1.Entry
	if err := proto.Unmarshal(raw, &entry); err != nil {
		return doc, false, err
	}
	content, ok := entry.GetContent().(*hotv1.Entry_Document)
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
