// Package fake has hand-written, in-memory stand-ins for the ports of the
// domain. Store keeps the same promises as the real one; one suite
// (storetest) holds both to them.
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
	author, changedAtMS int64
	liked               bool
}

// Store is the storage of the service in memory.
type Store struct {
	mu       sync.Mutex
	likes    map[pair]likeRow
	comments map[int64]interaction.Comment
	gone     map[int64]bool // videos
	purges   map[int64]bool // those of them that may have something left
	events   int
}

var (
	_ interaction.Likes    = (*Store)(nil)
	_ interaction.Comments = (*Store)(nil)
	_ interaction.Facts    = (*Store)(nil)
	_ interaction.Purges   = (*Store)(nil)
)

// NewStore makes an empty one.
func NewStore() *Store {
	return &Store{
		likes: make(map[pair]likeRow), comments: make(map[int64]interaction.Comment),
		gone: make(map[int64]bool), purges: make(map[int64]bool),
	}
}

// Events is how many changes were told of.
func (s *Store) Events() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events
}

// SetLike implements interaction.Likes.
func (s *Store) SetLike(_ context.Context, c interaction.LikeChange) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := pair{c.UserID, c.VideoID}
	switch {
	case s.likes[key].liked == c.Liked:
		return false, nil
	case !c.Liked:
		s.endLike(key, c.At)
		return true, nil
	case s.gone[c.VideoID]:
		return false, interaction.ErrVideoUnknown
	}
	s.likes[key] = likeRow{author: c.AuthorID, changedAtMS: c.At.UnixMilli(), liked: true}
	s.events++
	return true, nil
}

func (s *Store) endLike(key pair, at time.Time) {
	row := s.likes[key]
	row.liked, row.changedAtMS = false, at.UnixMilli()
	s.likes[key] = row
	s.events++
}

// ListLiked implements interaction.Likes.
func (s *Store) ListLiked(_ context.Context, q interaction.LikedQuery) ([]interaction.LikedEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var entries []interaction.LikedEntry
	for key, row := range s.likes {
		if key.user == q.UserID && row.liked {
			entries = append(entries, interaction.LikedEntry{
				VideoFacts: s.video(key.video, q.ViewerID),
				AuthorID:   row.author,
				Place:      interaction.Place{ChangedAtMS: row.changedAtMS, VideoID: key.video},
			})
		}
	}
	slices.SortFunc(entries, func(a, b interaction.LikedEntry) int { return comparePlaces(b.Place, a.Place) })
	if q.After != (interaction.Place{}) {
		entries = slices.DeleteFunc(entries, func(e interaction.LikedEntry) bool {
			return comparePlaces(e.Place, q.After) >= 0
		})
	}
	return entries[:min(len(entries), q.Limit)], nil
}

func comparePlaces(a, b interaction.Place) int {
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

// AddComment implements interaction.Comments.
func (s *Store) AddComment(_ context.Context, c interaction.Comment) (interaction.Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, made := range s.comments {
		if c.RequestID != "" && made.UserID == c.UserID && made.RequestID == c.RequestID {
			return made, nil
		}
	}
	if s.gone[c.VideoID] {
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

// DeleteComment implements interaction.Comments.
func (s *Store) DeleteComment(_ context.Context, c interaction.Comment) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deleteComment(c.ID), nil
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

// VideoFacts implements interaction.Facts.
func (s *Store) VideoFacts(_ context.Context, videoIDs []int64, viewerID int64) ([]interaction.VideoFacts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	facts := make([]interaction.VideoFacts, len(videoIDs))
	for i, id := range videoIDs {
		facts[i] = s.video(id, viewerID)
	}
	return facts, nil
}

func (s *Store) video(videoID, viewerID int64) interaction.VideoFacts {
	facts := interaction.VideoFacts{VideoID: videoID, Liked: s.likes[pair{viewerID, videoID}].liked}
	for key, row := range s.likes {
		if key.video == videoID && row.liked {
			facts.Likes++
		}
	}
	for _, c := range s.comments {
		if c.VideoID == videoID && !c.Deleted {
			facts.Comments++
		}
	}
	return facts
}

// UserFacts implements interaction.Facts.
func (s *Store) UserFacts(_ context.Context, userIDs []int64) ([]interaction.UserFacts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	facts := make([]interaction.UserFacts, len(userIDs))
	for i, id := range userIDs {
		facts[i].UserID = id
		for key, row := range s.likes {
			if row.liked && key.user == id {
				facts[i].Given++
			}
			if row.liked && row.author == id {
				facts[i].Received++
			}
		}
	}
	return facts, nil
}
