package mysql

import (
	"context"
	"math"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	// FORCE INDEX (PRIMARY) finds the viewer's own like by the full primary key.
	// Without it a server may read all likes of the viewer for each row.
	listLiked = `SELECT l.video_id, l.author_id, l.changed_at_ms,
  COALESCE(c.likes, 0) AS likes, COALESCE(c.comments, 0) AS comments, COALESCE(v.liked, FALSE) AS liked
FROM likes l
LEFT JOIN video_counts c ON c.video_id = l.video_id
LEFT JOIN likes v FORCE INDEX (PRIMARY) ON v.user_id = ? AND v.video_id = l.video_id
WHERE l.user_id = ? AND l.liked = TRUE AND l.changed_at_ms <= ? AND (l.changed_at_ms < ? OR l.video_id < ?)
ORDER BY l.changed_at_ms DESC, l.video_id DESC LIMIT ?`
	// Reads in the order of the primary key, and never more rows than the limit.
	likeSet = `SELECT video_id FROM likes FORCE INDEX (PRIMARY) WHERE user_id = ? AND liked = TRUE ORDER BY video_id LIMIT ?`
)

// likedRow is one row of listLiked.
type likedRow struct {
	VideoID     int64 `db:"video_id"`
	AuthorID    int64 `db:"author_id"`
	ChangedAtMS int64 `db:"changed_at_ms"`
	Likes       int64 `db:"likes"`
	Comments    int64 `db:"comments"`
	Liked       bool  `db:"liked"`
}

// ListLiked implements interaction.Likes.
func (s *Store) ListLiked(ctx context.Context, q interaction.LikedQuery) ([]interaction.LikedEntry, error) {
	after := q.After
	if after == (interaction.Cursor{}) {
		after = interaction.Cursor{ChangedAtMS: math.MaxInt64, VideoID: math.MaxInt64}
	}
	var rows []likedRow
	err := s.db.SelectContext(ctx, &rows, listLiked,
		q.ViewerID, q.UserID, after.ChangedAtMS, after.ChangedAtMS, after.VideoID, q.Limit)
	if err != nil {
		return nil, sqldb.Wrap("mysql.ListLiked", err)
	}
	entries := make([]interaction.LikedEntry, len(rows))
	for i, r := range rows {
		entries[i] = interaction.LikedEntry{
			VideoStats: interaction.VideoStats{VideoID: r.VideoID, Likes: r.Likes, Comments: r.Comments, Liked: r.Liked},
			AuthorID:   r.AuthorID,
			Cursor:     interaction.Cursor{ChangedAtMS: r.ChangedAtMS, VideoID: r.VideoID},
		}
	}
	return entries, nil
}

// LikeSet implements interaction.Likes.
func (s *Store) LikeSet(ctx context.Context, userID int64, limit int) ([]int64, error) {
	var ids []int64
	err := s.db.SelectContext(ctx, &ids, likeSet, userID, limit)
	return ids, sqldb.Wrap("mysql.LikeSet", err)
}
