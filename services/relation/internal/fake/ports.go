package fake

import (
	"context"
	"slices"
	"sync"

	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// Users is a relation.Users with a fixed list of users.
type Users struct {
	Known []int64
	Err   error // returned by every call, if set
}

var _ relation.Users = (*Users)(nil)

// Exists implements relation.Users.
func (u *Users) Exists(_ context.Context, userID int64) (bool, error) {
	return slices.Contains(u.Known, userID), u.Err
}

// Hot is a relation.Hot in memory.
type Hot struct {
	mu     sync.Mutex
	sets   map[int64]relation.Set
	counts map[int64]relation.Stats
}

var _ relation.Hot = (*Hot)(nil)

// NewHot returns an empty Hot.
func NewHot() *Hot {
	return &Hot{sets: make(map[int64]relation.Set), counts: make(map[int64]relation.Stats)}
}

// FollowsChanged implements relation.Hot.
func (h *Hot) FollowsChanged(_ context.Context, follows ...relation.ChangedFollow) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range follows {
		delete(h.sets, f.UserID)
		delete(h.counts, f.UserID)
		delete(h.counts, f.TargetID)
	}
}

// LoadSet implements relation.Hot.
func (h *Hot) LoadSet(ctx context.Context, userID int64, rebuild func(context.Context) (relation.Set, error)) (relation.Set, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return load(ctx, h.sets, userID, rebuild)
}

// LoadCounts implements relation.Hot.
func (h *Hot) LoadCounts(ctx context.Context, userID int64, rebuild func(context.Context) (relation.Stats, error)) (relation.Stats, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return load(ctx, h.counts, userID, rebuild)
}

func load[T any](ctx context.Context, docs map[int64]T, key int64, rebuild func(context.Context) (T, error)) (T, error) {
	if doc, ok := docs[key]; ok {
		return doc, nil
	}
	doc, err := rebuild(ctx)
	if err == nil {
		docs[key] = doc
	}
	return doc, err
}

// Writer is a relation.Writer that commits each change alone.
type Writer struct {
	Commit func(ctx context.Context, changes []relation.Change) ([]int64, error)
}

var _ relation.Writer = Writer{}

// Do implements relation.Writer.
func (w Writer) Do(ctx context.Context, c relation.Change) (int64, error) {
	versions, err := w.Commit(ctx, []relation.Change{c})
	if err != nil {
		return 0, err
	}
	return versions[0], nil
}

// NoTrace is the TraceParent of a request without a trace.
func NoTrace(context.Context) string { return "" }
