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
	// The lock of the row is the claim. It ends with its transaction.
	claimPurge   = `SELECT video_id, done_user_id FROM purges WHERE video_id >= ? ORDER BY video_id LIMIT 1 FOR UPDATE SKIP LOCKED`
	advancePurge = `UPDATE purges SET done_user_id = ? WHERE video_id = ?`
	endPurge     = `DELETE FROM purges WHERE video_id = ?`
	// All users who ever liked the video, read from the index alone. Users whose
	// like has ended since are skipped under the lock of lockLikes, so this query
	// locks nothing.
	likersOf = `SELECT user_id FROM likes FORCE INDEX (likes_of)
WHERE video_id = ? AND user_id > ? ORDER BY user_id LIMIT ?`
	countedVideos = `SELECT video_id FROM video_counts FORCE INDEX (PRIMARY)
WHERE video_id > ? AND gone = FALSE AND (likes > 0 OR comments > 0) ORDER BY video_id LIMIT ?`
	commentsOf = `SELECT id FROM comments FORCE INDEX (comments_of)
WHERE video_id = ? AND deleted = FALSE ORDER BY id LIMIT ?`
)

// MarkVideoDeleted implements interaction.Purges. It locks the row of the video's
// counts, and that row decides whether this is the first time: a repeated call
// does not touch the row in purges, so it does not wait for a running purge.
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

// Counted implements interaction.Purges.
func (s *Store) Counted(ctx context.Context, afterID int64, limit int) ([]int64, error) {
	var ids []int64
	err := s.db.SelectContext(ctx, &ids, countedVideos, afterID, limit)
	return ids, sqldb.Wrap("mysql.Counted", err)
}

// purgeRow is a claimed row of purges.
type purgeRow struct {
	VideoID    int64 `db:"video_id"`
	DoneUserID int64 `db:"done_user_id"`
}

// PurgeBatch implements interaction.Purges. One transaction ends likes or, if none
// are left, comments or, if none are left either, the purge. It cannot miss a
// like or comment: those committed before the mark are visible, and none can be
// committed after it.
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
		if sqldb.OutcomeUnknown(err) {
			s.committed()
		}
		return interaction.PurgeResult{VideoID: purged.VideoID}, sqldb.Wrap(op, err)
	}
	if hasEvents {
		s.committed()
	}
	return purged, nil
}

// purgeLikes ends the likes of the next users who ever liked the video. It is
// false if no users are left.
func purgeLikes(ctx context.Context, tx sqldb.Handle, purge purgeRow, limit int, at time.Time) (endedLikes, bool, error) {
	var userIDs []int64
	if err := tx.SelectContext(ctx, &userIDs, likersOf, purge.VideoID, purge.DoneUserID, limit); err != nil || len(userIDs) == 0 {
		return endedLikes{}, false, err
	}
	// Before the likes, because their counts are contended and locked last.
	if _, err := tx.ExecContext(ctx, advancePurge, userIDs[len(userIDs)-1], purge.VideoID); err != nil {
		return endedLikes{}, false, err
	}
	end, err := endLikes(ctx, tx, purge.VideoID, userIDs, at)
	return end, true, err
}

// purgeComments deletes some comments of the video. It is false if none are left.
// Comments that their writer deletes meanwhile count as deleted here.
func purgeComments(ctx context.Context, tx sqldb.Handle, videoID int64, limit int) (bool, error) {
	var ids []int64
	if err := tx.SelectContext(ctx, &ids, commentsOf, videoID, limit); err != nil || len(ids) == 0 {
		return false, err
	}
	_, err := deleteComments(ctx, tx, videoID, ids)
	return true, err
}
