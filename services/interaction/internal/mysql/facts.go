package mysql

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	videoFacts = `SELECT c.video_id, c.likes, c.comments, COALESCE(v.liked, FALSE) AS liked
FROM video_counts c
LEFT JOIN likes v FORCE INDEX (PRIMARY) ON v.user_id = ? AND v.video_id = c.video_id
WHERE c.video_id IN (?)`
	userFacts = `SELECT user_id, given, received FROM user_counts WHERE user_id IN (?)`
)

// VideoFacts implements interaction.Facts. A video without a row was never
// liked by anybody.
func (s *Store) VideoFacts(ctx context.Context, videoIDs []int64, viewerID int64) ([]interaction.VideoFacts, error) {
	const op = "mysql.VideoFacts"
	if len(videoIDs) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(videoFacts, viewerID, videoIDs)
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
	facts := make([]interaction.VideoFacts, len(rows))
	for i, r := range rows {
		facts[i] = interaction.VideoFacts{VideoID: r.VideoID, Likes: r.Likes, Comments: r.Comments, Liked: r.Liked}
	}
	return facts, nil
}

// UserFacts implements interaction.Facts.
func (s *Store) UserFacts(ctx context.Context, userIDs []int64) ([]interaction.UserFacts, error) {
	const op = "mysql.UserFacts"
	if len(userIDs) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(userFacts, userIDs)
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
	facts := make([]interaction.UserFacts, len(rows))
	for i, r := range rows {
		facts[i] = interaction.UserFacts{UserID: r.UserID, Given: r.Given, Received: r.Received}
	}
	return facts, nil
}
