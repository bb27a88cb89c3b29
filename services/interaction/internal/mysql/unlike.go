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
	// By the primary key, which is what a like locks first too: from another
	// index the two could come to wait for each other.
	lockLikes = `SELECT user_id, author_id, version FROM likes FORCE INDEX (PRIMARY)
WHERE video_id = ? AND user_id IN (?) AND liked = TRUE ORDER BY user_id FOR UPDATE`
	unlike = `UPDATE likes FORCE INDEX (PRIMARY) SET liked = FALSE, version = version + 1, changed_at_ms = ?
WHERE video_id = ? AND user_id IN (?)`
	subtractUserCounts = `UPDATE user_counts
SET given = given - IF(user_id IN (?), 1, 0), received = received - IF(user_id = ?, ?, 0)
WHERE user_id IN (?) ORDER BY user_id`
)

// ended is which likes of a video an endLikes ended.
type endedLikes struct {
	authorID int64 // whose video; 0 where none ended
	userIDs  []int64
}

// endLikes ends the likes of some users for one video, in a number of
// statements that does not depend on how many they are. Who has no like there is
// passed over. Locks are taken in the order in which a like takes them.
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
	end := endedLikes{authorID: rows[0].AuthorID} // a video has one
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
