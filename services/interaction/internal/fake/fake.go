// Package fake provides in-memory implementations of the ports of the domain.
// Store behaves like the real store; the suite in storetest runs on both.
package fake

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

type pair struct{ user, video int64 }

type likeRow struct {
	author, changedAtMS, version int64
	liked                        bool
}

// Store implements the storage ports in memory.
type Store struct {
	mu       sync.Mutex
	likes    map[pair]likeRow
	comments map[int64]interaction.Comment
	deleted  map[int64]bool // deleted videos
	purges   map[int64]bool // deleted videos that may still have likes or comments
	events   int
}

var (
	_ interaction.Batches  = (*Store)(nil)
	_ interaction.Likes    = (*Store)(nil)
	_ interaction.Comments = (*Store)(nil)
	_ interaction.Stats    = (*Store)(nil)
	_ interaction.Purges   = (*Store)(nil)
)

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{
		likes: make(map[pair]likeRow), comments: make(map[int64]interaction.Comment),
		deleted: make(map[int64]bool), purges: make(map[int64]bool),
	}
}

// Events returns the number of changes for which the real store writes an event.
func (s *Store) Events() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events
}

// Apply implements interaction.Batches.
func (s *Store) Apply(_ context.Context, writes []interaction.Write) ([]interaction.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	outcomes := make([]interaction.Outcome, len(writes))
	for i, w := range writes {
		switch o := &outcomes[i]; {
		case w.Like != nil:
			o.Version, o.Err = s.setLike(*w.Like)
			o.Changed = o.Version > 0
		case w.Add != nil:
			o.Comment, o.Err = s.addComment(*w.Add)
		case w.Delete != nil:
			o.Changed = s.deleteComment(w.Delete.ID)
		}
	}
	return outcomes, nil
}

// setLike returns the version of the change, or 0 if nothing changed.
func (s *Store) setLike(c interaction.LikeChange) (int64, error) {
	key := pair{c.UserID, c.VideoID}
	switch {
	case s.likes[key].liked == c.Liked:
		return 0, nil
	case !c.Liked:
		return s.endLike(key, c.At), nil
	case s.deleted[c.VideoID]:
		return 0, interaction.ErrVideoUnknown
	}
	version := s.likes[key].version + 1
	s.likes[key] = likeRow{author: c.AuthorID, changedAtMS: c.At.UnixMilli(), version: version, liked: true}
	s.events++
	return version, nil
}

func (s *Store) endLike(key pair, at time.Time) (version int64) {
	row := s.likes[key]
	row.liked, row.changedAtMS = false, at.UnixMilli()
	row.version++
	s.likes[key] = row
	s.events++
	return row.version
}

// ListLiked implements interaction.Likes.
func (s *Store) ListLiked(_ context.Context, q interaction.LikedQuery) ([]interaction.LikedEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var entries []interaction.LikedEntry
	for key, row := range s.likes {
		if key.user == q.UserID && row.liked {
			entries = append(entries, interaction.LikedEntry{
				VideoStats: s.video(key.video, q.ViewerID),
				AuthorID:   row.author,
				Cursor:     interaction.Cursor{ChangedAtMS: row.changedAtMS, VideoID: key.video},
			})
		}
	}
	slices.SortFunc(entries, func(a, b interaction.LikedEntry) int { return compareCursors(b.Cursor, a.Cursor) })
	if q.After != (interaction.Cursor{}) {
		entries = slices.DeleteFunc(entries, func(e interaction.LikedEntry) bool {
			return compareCursors(e.Cursor, q.After) >= 0
		})
	}
	return entries[:min(len(entries), q.Limit)], nil
}

func compareCursors(a, b interaction.Cursor) int {
	return cmp.Or(cmp.Compare(a.ChangedAtMS, b.ChangedAtMS), cmp.Compare(a.VideoID, b.VideoID))
}

// LikeSet implements interaction.Likes.
func (s *Store) LikeSet(_ context.Context, userID int64, limit int) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []int64
	for key, row := range s.likes {
		if key.user == userID && row.liked {
			ids = append(ids, key.video)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), limit)], nil
}

func (s *Store) addComment(c interaction.Comment) (interaction.Comment, error) {
	for _, made := range s.comments {
		if c.RequestID != "" && made.UserID == c.UserID && made.RequestID == c.RequestID {
			return made, nil
		}
	}
	if s.deleted[c.VideoID] {
		return interaction.Comment{}, interaction.ErrVideoUnknown
	}
	s.comments[c.ID] = c
	s.events++
	return c, nil
}

// Comment implements interaction.Comments.
func (s *Store) Comment(_ context.Context, id int64) (interaction.Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	comment, ok := s.comments[id]
	if !ok {
		return interaction.Comment{}, interaction.ErrCommentUnknown
	}
	return comment, nil
}

func (s *Store) deleteComment(id int64) bool {
	row, ok := s.comments[id]
	if !ok || row.Deleted {
		return false
	}
	row.Deleted, row.Content = true, ""
	s.comments[id] = row
	s.events++
	return true
}

// ListComments implements interaction.Comments.
func (s *Store) ListComments(_ context.Context, videoID, beforeID int64, limit int) ([]interaction.Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var comments []interaction.Comment
	for _, c := range s.comments {
		if c.VideoID == videoID && !c.Deleted && (beforeID == 0 || c.ID < beforeID) {
			comments = append(comments, c)
		}
	}
	slices.SortFunc(comments, func(a, b interaction.Comment) int { return cmp.Compare(b.ID, a.ID) })
	return comments[:min(len(comments), limit)], nil
}

// VideoStats implements interaction.Stats.
func (s *Store) VideoStats(_ context.Context, videoIDs []int64, viewerID int64) ([]interaction.VideoStats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := make([]interaction.VideoStats, len(videoIDs))
	for i, id := range videoIDs {
		stats[i] = s.video(id, viewerID)
	}
	return stats, nil
}

func (s *Store) video(videoID, viewerID int64) interaction.VideoStats {
	stats := interaction.VideoStats{VideoID: videoID, Liked: s.likes[pair{viewerID, videoID}].liked}
	for key, row := range s.likes {
		if key.video == videoID && row.liked {
			stats.Likes++
		}
	}
	for _, c := range s.comments {
		if c.VideoID == videoID && !c.Deleted {
			stats.Comments++
		}
	}
	return stats
}

// UserStats implements interaction.Stats.
func (s *Store) UserStats(_ context.Context, userIDs []int64) ([]interaction.UserStats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := make([]interaction.UserStats, len(userIDs))
	for i, id := range userIDs {
		stats[i].UserID = id
		for key, row := range s.likes {
			if row.liked && key.user == id {
				stats[i].Given++
			}
			if row.liked && row.author == id {
				stats[i].Received++
			}
		}
	}
	return stats, nil
}
