// Package fake provides in-memory implementations of the ports of the domain.
// Store behaves like the real store; the suite in storetest runs on both.
package fake

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

type pair struct{ user, target int64 }

// Store implements the storage ports in memory.
type Store struct {
	mu       sync.Mutex
	follows  map[pair]int64 // time of the follow, Unix ms
	versions map[pair]int64
	events   []relation.Change
}

var (
	_ relation.Store   = (*Store)(nil)
	_ relation.Batches = (*Store)(nil)
)

// NewStore returns an empty store.
func NewStore() *Store { return &Store{follows: make(map[pair]int64), versions: make(map[pair]int64)} }

// Events returns the changes for which the real store writes an event, oldest
// first.
func (s *Store) Events() []relation.Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// Apply implements relation.Batches.
func (s *Store) Apply(_ context.Context, changes []relation.Change) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	versions := make([]int64, len(changes))
	for i, c := range changes {
		versions[i] = s.set(c)
	}
	return versions, nil
}

// set returns the version of the change, or 0 if it has no effect.
func (s *Store) set(c relation.Change) int64 {
	key := pair{c.UserID, c.TargetID}
	if _, exists := s.follows[key]; exists == c.Following {
		return 0
	}
	if c.Following {
		s.follows[key] = c.At.UnixMilli()
	} else {
		delete(s.follows, key)
	}
	s.events = append(s.events, c)
	s.versions[key]++
	return s.versions[key]
}

// List implements relation.Store.
func (s *Store) List(_ context.Context, r relation.Relation, q relation.Query) ([]relation.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var entries []relation.Entry
	for key, at := range s.follows {
		other, listed := key.target, key.user == q.UserID
		if r == relation.Followers {
			other, listed = key.user, key.target == q.UserID
		}
		if r == relation.Friends {
			_, back := s.follows[pair{key.target, key.user}]
			listed = listed && back
		}
		if listed {
			stats := relation.Stats{UserID: other}
			if !q.WithoutCounts {
				stats = s.stats(other, q.ViewerID)
			}
			entries = append(entries, relation.Entry{
				Stats:  stats,
				Cursor: relation.Cursor{ChangedAtMS: at, UserID: other},
			})
		}
	}
	slices.SortFunc(entries, func(a, b relation.Entry) int { return compareCursors(b.Cursor, a.Cursor) })
	if q.After != (relation.Cursor{}) {
		entries = slices.DeleteFunc(entries, func(e relation.Entry) bool { return compareCursors(e.Cursor, q.After) >= 0 })
	}
	return entries[:min(len(entries), q.Limit)], nil
}

func compareCursors(a, b relation.Cursor) int {
	return cmp.Or(cmp.Compare(a.ChangedAtMS, b.ChangedAtMS), cmp.Compare(a.UserID, b.UserID))
}

func (s *Store) stats(userID, viewerID int64) relation.Stats {
	stats := relation.Stats{UserID: userID}
	for key := range s.follows {
		if key.user == userID {
			stats.Follows++
		}
		if key.target == userID {
			stats.Followers++
		}
	}
	_, stats.Followed = s.follows[pair{viewerID, userID}]
	return stats
}

// Lookup implements relation.Store.
func (s *Store) Lookup(_ context.Context, userIDs []int64, viewerID int64) ([]relation.Stats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]relation.Stats, len(userIDs))
	for i, id := range userIDs {
		all[i] = s.stats(id, viewerID)
	}
	return all, nil
}

// FollowSet implements relation.Store.
func (s *Store) FollowSet(_ context.Context, userID int64, limit int) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []int64
	for key := range s.follows {
		if key.user == userID {
			ids = append(ids, key.target)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), limit)], nil
}

// AreFriends implements relation.Store.
func (s *Store) AreFriends(_ context.Context, a, b int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, there := s.follows[pair{a, b}]
	_, back := s.follows[pair{b, a}]
	return there && back, nil
}
