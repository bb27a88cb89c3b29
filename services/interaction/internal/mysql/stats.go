package mysql

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	videoStats = `SELECT c.video_id, c.likes, c.comments, COALESCE(v.liked, FALSE) AS liked
FROM video_counts c
LEFT JOIN likes v FORCE INDEX (PRIMARY) ON v.user_id = ? AND v.video_id = c.video_id
WHERE c.video_id IN (?)`
	userStats = `SELECT user_id, given, received FROM user_counts WHERE user_id IN (?)`
)

// VideoStats implements interaction.Stats. A video without a row never had a like
// or a comment.
func (s *Store) VideoStats(ctx context.Context, videoIDs []int64, viewerID int64) ([]interaction.VideoStats, error) {
	const op = "mysql.VideoStats"
	if len(videoIDs) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(videoStats, viewerID, videoIDs)
	if err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	var rows []struct {
		VideoID  int64 `db:"video_id"`
		Likes    int64 `db:"likes"`
		Comments int64 `db:"comments"`
		Liked    bool  `db:"liked"`
	}
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	stats := make([]interaction.VideoStats, len(rows))
	for i, r := range rows {
		stats[i] = interaction.VideoStats{VideoID: r.VideoID, Likes: r.Likes, Comments: r.Comments, Liked: r.Liked}
	}
	return stats, nil
}

// UserStats implements interaction.Stats.
func (s *Store) UserStats(ctx context.Context, userIDs []int64) ([]interaction.UserStats, error) {
	const op = "mysql.UserStats"
	if len(userIDs) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(userStats, userIDs)
	if err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	var rows []struct {
		UserID   int64 `db:"user_id"`
		Given    int64 `db:"given"`
		Received int64 `db:"received"`
	}
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	stats := make([]interaction.UserStats, len(rows))
	for i, r := range rows {
		stats[i] = interaction.UserStats{UserID: r.UserID, Given: r.Given, Received: r.Received}
	}
	return stats, nil
}
