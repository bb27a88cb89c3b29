package mysql

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	markVideoDeleted = `INSERT INTO video_counts (video_id, gone) VALUES (?, TRUE) ON DUPLICATE KEY UPDATE gone = TRUE`
	addPurge         = `INSERT INTO purges (video_id, created_at_ms) VALUES (?, ?)`
	// The lock is the claim: it ends with its transaction, however that ends.
	claimPurge   = `SELECT video_id, done_user_id FROM purges WHERE video_id >= ? ORDER BY video_id LIMIT 1 FOR UPDATE SKIP LOCKED`
	advancePurge = `UPDATE purges SET done_user_id = ? WHERE video_id = ?`
	endPurge     = `DELETE FROM purges WHERE video_id = ?`
	// Everybody who ever liked it, read from the index alone; whose like has
	// ended since is passed over under the lock. No lock here: see lockLikes.
	likersOf = `SELECT user_id FROM likes FORCE INDEX (likes_of)
WHERE video_id = ? AND user_id > ? ORDER BY user_id LIMIT ?`
	commentsOf = `SELECT id FROM comments FORCE INDEX (comments_of)
WHERE video_id = ? AND deleted = FALSE ORDER BY id LIMIT ?`
)

// MarkVideoDeleted implements interaction.Purges. The row of the counts comes first, as
// for everybody, and decides whether this is the first time: a repetition does
// not wait for the purge that is under way.
func (s *Store) MarkVideoDeleted(ctx context.Context, videoID int64, at time.Time) error {
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		result, err := tx.ExecContext(ctx, markVideoDeleted, videoID)
		if err != nil {
			return err
		}
		affected, err := result.RowsAffected()
		if err != nil || affected == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, addPurge, videoID, at.UnixMilli())
		return err
	})
	return sqldb.Wrap("mysql.MarkVideoDeleted", err)
}

// purgeRow is a claimed row of purges.
type purgeRow struct {
	VideoID    int64 `db:"video_id"`
	DoneUserID int64 `db:"done_user_id"`
}

// PurgeBatch implements interaction.Purges. One transaction ends likes or, when
// there are none left, comments or, when there are none left either, the purge.
// Nothing is added behind its back: every like and comment that was committed
// before the mark can be seen, and none is committed after it.
func (s *Store) PurgeBatch(ctx context.Context, fromID int64, limit int, at time.Time) (interaction.PurgeResult, error) {
	const op = "mysql.PurgeBatch"
	var purged interaction.PurgeResult
	var hasEvents bool
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		purged, hasEvents = interaction.PurgeResult{}, false
		var purge purgeRow
		err := tx.GetContext(ctx, &purge, claimPurge, fromID)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		purged.VideoID = purge.VideoID
		end, more, err := purgeLikes(ctx, tx, purge, limit, at)
		purged.AuthorID, purged.Unliked = end.authorID, end.userIDs
		if err != nil || more {
			hasEvents = len(end.userIDs) > 0
			return err
		}
		if hasEvents, err = purgeComments(ctx, tx, purge.VideoID, limit); err != nil || hasEvents {
			return err
		}
		_, err = tx.ExecContext(ctx, endPurge, purge.VideoID)
		return err
	})
	if err != nil {
		return interaction.PurgeResult{VideoID: purged.VideoID}, sqldb.Wrap(op, err)
	}
	if hasEvents {
		s.committed()
	}
	return purged, nil
}

// purgeLikes ends the likes of the next users who ever liked the video; false if
// there are no more.
func purgeLikes(ctx context.Context, tx sqldb.Handle, purge purgeRow, limit int, at time.Time) (endedLikes, bool, error) {
	var userIDs []int64
	if err := tx.SelectContext(ctx, &userIDs, likersOf, purge.VideoID, purge.DoneUserID, limit); err != nil || len(userIDs) == 0 {
		return endedLikes{}, false, err
	}
	// Before the likes, whose counts are waited for.
	if _, err := tx.ExecContext(ctx, advancePurge, userIDs[len(userIDs)-1], purge.VideoID); err != nil {
		return endedLikes{}, false, err
	}
	end, err := endLikes(ctx, tx, purge.VideoID, userIDs, at)
	return end, true, err
}

// purgeComments deletes some comments of the video; false if there are no more.
// One that its writer deletes meanwhile counts as one of them.
func purgeComments(ctx context.Context, tx sqldb.Handle, videoID int64, limit int) (bool, error) {
	var ids []int64
	if err := tx.SelectContext(ctx, &ids, commentsOf, videoID, limit); err != nil || len(ids) == 0 {
		return false, err
	}
	_, err := deleteComments(ctx, tx, videoID, ids)
	return true, err
}
