package mysql

import (
	"context"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// The selected values are the changes. A new row can only have additions; they are
// not negative for the server, which checks the new row also if one exists.
const (
	addUserCounts = `INSERT INTO user_counts (user_id, given, received)
SELECT d.user_id, GREATEST(d.given, 0), GREATEST(d.received, 0)
FROM ([SELECT ? AS user_id, ? AS given, ? AS received]) d
ON DUPLICATE KEY UPDATE given = user_counts.given + d.given, received = user_counts.received + d.received`
	addVideoCounts = `INSERT INTO video_counts (video_id, likes, comments)
SELECT d.video_id, GREATEST(d.likes, 0), GREATEST(d.comments, 0)
FROM ([SELECT ? AS video_id, ? AS likes, ? AS comments]) d
ON DUPLICATE KEY UPDATE likes = video_counts.likes + d.likes, comments = video_counts.comments + d.comments`
	subtractVideoCounts = `UPDATE video_counts SET likes = likes - ?, comments = comments - ? WHERE video_id = ?`
	deletedVideos       = `SELECT video_id FROM video_counts WHERE video_id IN (?) AND gone = TRUE`
)

// userCounts are changes of the counts of a user.
type userCounts struct{ given, received int64 }

func (c userCounts) plus(d userCounts) userCounts {
	return userCounts{given: c.given + d.given, received: c.received + d.received}
}

// videoCounts are changes of the counts of a video.
type videoCounts struct {
	likes, comments int64
	added           bool // by new likes or comments, which a deleted video refuses
}

func (c videoCounts) plus(d videoCounts) videoCounts {
	return videoCounts{likes: c.likes + d.likes, comments: c.comments + d.comments, added: c.added || d.added}
}

func (b *batch) storeUserCounts(ctx context.Context, tx sqldb.Handle) error {
	var args []any
	for _, id := range slices.Sorted(maps.Keys(b.users)) {
		if change := b.users[id]; change != (userCounts{}) {
			args = append(args, id, change.given, change.received)
		}
	}
	return addCounts(ctx, tx, addUserCounts, args)
}

// storeVideoCounts locks the rows of the videos and changes their counts. New likes
// and comments race with the deletion of a video for the lock of its row: if a
// video was deleted, the batch is rolled back and starts anew.
func (b *batch) storeVideoCounts(ctx context.Context, tx sqldb.Handle) error {
	var args []any
	var added []int64
	for _, id := range slices.Sorted(maps.Keys(b.videos)) {
		change := b.videos[id]
		if change.added {
			added = append(added, id)
		}
		if change != (videoCounts{}) {
			args = append(args, id, change.likes, change.comments)
		}
	}
	if err := addCounts(ctx, tx, addVideoCounts, args); err != nil || len(added) == 0 {
		return err
	}
	query, ids, err := sqlx.In(deletedVideos, added)
	if err != nil {
		return err
	}
	var deleted []int64
	if err := tx.SelectContext(ctx, &deleted, query, ids...); err != nil || len(deleted) == 0 {
		return err
	}
	for _, id := range deleted {
		b.deleted[id] = true
	}
	return errVideoDeleted
}

func addCounts(ctx context.Context, tx sqldb.Handle, statement string, args []any) error {
	if len(args) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, sqldb.Repeat(statement, " UNION ALL ", len(args)/3), args...)
	return err
}

// subtractFromVideoCounts subtracts from the counts, also of a deleted video.
func subtractFromVideoCounts(ctx context.Context, tx sqldb.Handle, videoID, likes, comments int64) error {
	_, err := tx.ExecContext(ctx, subtractVideoCounts, likes, comments, videoID)
	return err
}
