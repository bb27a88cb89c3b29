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
	likeVersion   = `SELECT version FROM likes WHERE user_id = ? AND video_id = ?`
	addUserCounts = `INSERT INTO user_counts (user_id, given, received) VALUES (?, ?, ?)
ON DUPLICATE KEY UPDATE given = given + VALUES(given), received = received + VALUES(received)`
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

// SetLike implements interaction.Likes. The statement on the row decides whether
// anything changes, and the lock of the row orders the changes of one like.
func (s *Store) SetLike(ctx context.Context, c interaction.LikeChange) (bool, error) {
	const op = "mysql.SetLike"
	var changed bool
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) (err error) {
		if c.Liked {
			changed, err = addLike(ctx, tx, c)
			return err
		}
		end, err := endLikes(ctx, tx, c.VideoID, []int64{c.UserID}, c.At)
		changed = len(end.userIDs) > 0
		return err
	})
	if err != nil {
		return false, sqldb.Wrap(op, err)
	}
	if changed {
		s.committed()
	}
	return changed, nil
}

// addLike creates a like and reports whether it is new.
func addLike(ctx context.Context, tx sqldb.Handle, c interaction.LikeChange) (bool, error) {
	result, err := tx.ExecContext(ctx, like, c.UserID, c.VideoID, c.AuthorID, c.At.UnixMilli())
	if err != nil {
		return false, err
	}
	// 1 for a new row, 2 for an updated row, 0 for an unchanged row.
	affected, err := result.RowsAffected()
	if err != nil || affected == 0 {
		return false, err
	}
	var version int64
	if err := tx.GetContext(ctx, &version, likeVersion, c.UserID, c.VideoID); err != nil {
		return false, err
	}
	if err := outbox.Add(ctx, tx, likeEvent(eventv1.TopicLiked, version, c.UserID, c.VideoID, c.AuthorID)); err != nil {
		return false, err
	}
	// The counts are contended, so they are locked last and held the shortest.
	if err := addToUserCounts(ctx, tx, c); err != nil {
		return false, err
	}
	return true, addToVideoCounts(ctx, tx, c.VideoID, 1, 0)
}

// addToUserCounts counts the like for the user who gave it and the author who
// received it, the smaller id first, so that two users who like each other's
// videos concurrently do not deadlock.
func addToUserCounts(ctx context.Context, tx sqldb.Handle, c interaction.LikeChange) error {
	type addition struct{ user, given, received int64 }
	additions := []addition{{user: c.UserID, given: 1}, {user: c.AuthorID, received: 1}}
	switch {
	case c.AuthorID == c.UserID:
		additions = []addition{{user: c.UserID, given: 1, received: 1}}
	case c.AuthorID < c.UserID:
		additions[0], additions[1] = additions[1], additions[0]
	}
	for _, a := range additions {
		if _, err := tx.ExecContext(ctx, addUserCounts, a.user, a.given, a.received); err != nil {
			return err
		}
	}
	return nil
}

func likeEvent(topic string, version, userID, videoID, authorID int64) outbox.Event {
	return outbox.Event{
		Topic:   topic,
		Subject: eventv1.LikeSubject(userID, videoID),
		Version: version,
		Data:    &eventv1.Liked{UserId: userID, VideoId: videoID, AuthorId: authorID},
	}
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
