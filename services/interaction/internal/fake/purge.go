package fake

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// MarkVideoDeleted implements interaction.Purges.
func (s *Store) MarkVideoDeleted(_ context.Context, videoID int64, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.deleted[videoID] {
		s.deleted[videoID], s.purges[videoID] = true, true
	}
	return nil
}

// Counted implements interaction.Purges.
func (s *Store) Counted(_ context.Context, afterID int64, limit int) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counted := map[int64]bool{}
	for key, row := range s.likes {
		counted[key.video] = counted[key.video] || row.liked
	}
	for _, comment := range s.comments {
		counted[comment.VideoID] = counted[comment.VideoID] || !comment.Deleted
	}
	var ids []int64
	for _, id := range slices.Sorted(maps.Keys(counted)) {
		if counted[id] && id > afterID && !s.deleted[id] && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// PurgeBatch implements interaction.Purges.
func (s *Store) PurgeBatch(_ context.Context, fromID int64, limit int, at time.Time) (interaction.PurgeResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var purged interaction.PurgeResult
	for id := range s.purges {
		if id >= fromID && (purged.VideoID == 0 || id < purged.VideoID) {
			purged.VideoID = id
		}
	}
	if purged.VideoID == 0 {
		return purged, nil
	}
	for key, row := range s.likes {
		if key.video == purged.VideoID && row.liked && len(purged.Unliked) < limit {
			s.endLike(key, at)
			purged.AuthorID, purged.Unliked = row.author, append(purged.Unliked, key.user)
		}
	}
	if len(purged.Unliked) > 0 {
		return purged, nil
	}
	deleted := 0
	for id, comment := range s.comments {
		if comment.VideoID == purged.VideoID && deleted < limit && s.deleteComment(id) {
			deleted++
		}
	}
	if deleted == 0 {
		delete(s.purges, purged.VideoID)
	}
	return purged, nil
}
