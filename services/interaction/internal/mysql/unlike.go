package mysql

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	// Locks by the primary key, as a batch of writes does. Locking by another
	// index could deadlock with it.
	lockLikes = `SELECT user_id, author_id, version FROM likes FORCE INDEX (PRIMARY)
WHERE video_id = ? AND user_id IN (?) AND liked = TRUE ORDER BY user_id FOR UPDATE`
	unlike = `UPDATE likes FORCE INDEX (PRIMARY) SET liked = FALSE, version = version + 1, changed_at_ms = ?
WHERE video_id = ? AND user_id IN (?)`
	subtractUserCounts = `UPDATE user_counts
SET given = given - IF(user_id IN (?), 1, 0), received = received - IF(user_id = ?, ?, 0)
WHERE user_id IN (?) ORDER BY user_id`
)

// endedLikes lists the likes of a video that endLikes ended.
type endedLikes struct {
	authorID int64 // author of the video; 0 if no like ended
	userIDs  []int64
}

// endLikes ends the likes of some users of one video. Users without a like are
// skipped. The number of statements does not depend on the number of users. Locks
// are taken in the same order as by a like.
func endLikes(ctx context.Context, tx sqldb.Handle, videoID int64, userIDs []int64, at time.Time) (endedLikes, error) {
	var rows []struct {
		UserID   int64 `db:"user_id"`
		AuthorID int64 `db:"author_id"`
		Version  int64 `db:"version"`
	}
	query, args, err := sqlx.In(lockLikes, videoID, userIDs)
	if err != nil {
		return endedLikes{}, err
	}
	if err := tx.SelectContext(ctx, &rows, query, args...); err != nil || len(rows) == 0 {
		return endedLikes{}, err
	}
	end := endedLikes{authorID: rows[0].AuthorID} // the same in all rows
	events := make([]outbox.Event, len(rows))
	for i, r := range rows {
		end.userIDs = append(end.userIDs, r.UserID)
		events[i] = likeEvent(eventv1.TopicUnliked, r.Version+1, r.UserID, videoID, r.AuthorID)
	}
	if err := sqldb.ExecIn(ctx, tx, unlike, at.UnixMilli(), videoID, end.userIDs); err != nil {
		return endedLikes{}, err
	}
	if err := outbox.Add(ctx, tx, events...); err != nil {
		return endedLikes{}, err
	}
	count := int64(len(end.userIDs))
	touched := append(slices.Clone(end.userIDs), end.authorID)
	if err := sqldb.ExecIn(ctx, tx, subtractUserCounts, end.userIDs, end.authorID, count, touched); err != nil {
		return endedLikes{}, err
	}
	return end, subtractFromVideoCounts(ctx, tx, videoID, count, 0)
}
