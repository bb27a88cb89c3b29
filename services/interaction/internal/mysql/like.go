package mysql

import (
	"context"
	"math"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	like = `INSERT INTO likes (user_id, video_id, author_id, liked, version, changed_at_ms) VALUES (?, ?, ?, TRUE, 1, ?)
ON DUPLICATE KEY UPDATE
  version = IF(liked, version, version + 1),
  changed_at_ms = IF(liked, changed_at_ms, VALUES(changed_at_ms)),
  liked = TRUE`
	unlike = `UPDATE likes SET liked = FALSE, version = version + 1, changed_at_ms = ?
WHERE user_id = ? AND video_id = ? AND liked = TRUE`
	likeVersion = `SELECT version FROM likes WHERE user_id = ? AND video_id = ?`
	moveUser    = `INSERT INTO user_counts (user_id, given, received) VALUES (?, GREATEST(?, 0), GREATEST(?, 0))
ON DUPLICATE KEY UPDATE given = given + ?, received = received + ?`
	// The viewer's own like is found by the whole primary key; left to itself a
	// server may read all likes of the viewer for each row instead.
	listLiked = `SELECT l.video_id, l.author_id, l.changed_at_ms,
  COALESCE(c.likes, 0) AS likes, COALESCE(c.comments, 0) AS comments, COALESCE(v.liked, FALSE) AS liked
FROM likes l
LEFT JOIN video_counts c ON c.video_id = l.video_id
LEFT JOIN likes v FORCE INDEX (PRIMARY) ON v.user_id = ? AND v.video_id = l.video_id
WHERE l.user_id = ? AND l.liked = TRUE AND l.changed_at_ms <= ? AND (l.changed_at_ms < ? OR l.video_id < ?)
ORDER BY l.changed_at_ms DESC, l.video_id DESC LIMIT ?`
	// In the order of the primary key, and never more rows than asked for.
	likeSet = `SELECT video_id FROM likes FORCE INDEX (PRIMARY) WHERE user_id = ? AND liked = TRUE ORDER BY video_id LIMIT ?`
)

// SetLike implements interaction.Likes. The row decides: its affected rows say
// whether anything changed, and its lock puts changes of one like in order.
func (s *Store) SetLike(ctx context.Context, c interaction.LikeChange) (bool, error) {
	const op = "mysql.SetLike"
	var changed bool
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		var err error
		if changed, err = setLikeRow(ctx, tx, c); err != nil || !changed {
			return err
		}
		if err := addLikeEvent(ctx, tx, c); err != nil {
			return err
		}
		// The rows that many wait for come last, to be held the shortest.
		if err := moveUserCounts(ctx, tx, c); err != nil {
			return err
		}
		return moveVideoCounts(ctx, tx, c.VideoID, step(c.Liked), 0)
	})
	if err != nil {
		return false, sqldb.Wrap(op, err)
	}
	if changed {
		s.committed()
	}
	return changed, nil
}

// setLikeRow brings the row about and tells whether it was different before.
func setLikeRow(ctx context.Context, tx sqldb.Handle, c interaction.LikeChange) (bool, error) {
	query, args := unlike, []any{c.At.UnixMilli(), c.UserID, c.VideoID}
	if c.Liked {
		query, args = like, []any{c.UserID, c.VideoID, c.AuthorID, c.At.UnixMilli()}
	}
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	// 1 for a new row, 2 for one that was updated, 0 for one that was so already.
	affected, err := result.RowsAffected()
	return affected > 0, err
}

// moveUserCounts moves what the user gave and what the author received, always
// the smaller id first, so that two users who like each other's videos at once
// do not deadlock.
func moveUserCounts(ctx context.Context, tx sqldb.Handle, c interaction.LikeChange) error {
	delta := step(c.Liked)
	type move struct{ user, given, received int64 }
	moves := []move{{user: c.UserID, given: delta}, {user: c.AuthorID, received: delta}}
	switch {
	case c.AuthorID == c.UserID:
		moves = []move{{user: c.UserID, given: delta, received: delta}}
	case c.AuthorID < c.UserID:
		moves[0], moves[1] = moves[1], moves[0]
	}
	for _, m := range moves {
		if _, err := tx.ExecContext(ctx, moveUser, m.user, m.given, m.received, m.given, m.received); err != nil {
			return err
		}
	}
	return nil
}

func addLikeEvent(ctx context.Context, tx sqldb.Handle, c interaction.LikeChange) error {
	var version int64
	if err := tx.GetContext(ctx, &version, likeVersion, c.UserID, c.VideoID); err != nil {
		return err
	}
	topic := eventv1.TopicUnliked
	if c.Liked {
		topic = eventv1.TopicLiked
	}
	return outbox.Add(ctx, tx, outbox.Event{
		Topic:   topic,
		Subject: eventv1.LikeSubject(c.UserID, c.VideoID),
		Version: version,
		Data:    &eventv1.Liked{UserId: c.UserID, VideoId: c.VideoID, AuthorId: c.AuthorID},
	})
}

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
	if after == (interaction.Place{}) {
		after = interaction.Place{ChangedAtMS: math.MaxInt64, VideoID: math.MaxInt64}
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
			VideoFacts: interaction.VideoFacts{VideoID: r.VideoID, Likes: r.Likes, Comments: r.Comments, Liked: r.Liked},
			AuthorID:   r.AuthorID,
			Place:      interaction.Place{ChangedAtMS: r.ChangedAtMS, VideoID: r.VideoID},
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
