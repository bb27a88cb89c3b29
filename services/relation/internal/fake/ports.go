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

// FollowChanged implements relation.Hot.
func (h *Hot) FollowChanged(_ context.Context, userID, targetID int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sets, userID)
	delete(h.counts, userID)
	delete(h.counts, targetID)
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
