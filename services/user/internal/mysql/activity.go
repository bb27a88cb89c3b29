package mysql

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/inbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
)

const (
	// The update changes nothing, but locks the row, whether it is new or not.
	lockMarks = `INSERT INTO activity_marks (user_id, last_id, read_id) VALUES (?, 0, 0)
ON DUPLICATE KEY UPDATE last_id = last_id`
	readVersion = `SELECT version FROM activities WHERE subject = ?`
	// The entry keeps its number: a new one would only lengthen the list.
	takeBack = `UPDATE activities SET version = ?, present = FALSE, excerpt = ?, occurred_at_ms = ?, event_id = ?
WHERE subject = ?`
	takeID      = `UPDATE activity_marks SET last_id = last_id + 1 WHERE user_id = ?`
	putActivity = `INSERT INTO activities (user_id, id, subject, version, present, kind, actor_id, video_id, comment_id, excerpt, occurred_at_ms, event_id)
SELECT user_id, last_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM activity_marks WHERE user_id = ?
ON DUPLICATE KEY UPDATE id = VALUES(id), version = VALUES(version), present = VALUES(present),
  excerpt = VALUES(excerpt), occurred_at_ms = VALUES(occurred_at_ms), event_id = VALUES(event_id)`
	listActivities = `SELECT user_id, id, kind, actor_id, video_id, comment_id, excerpt, occurred_at_ms
FROM activities FORCE INDEX (listed) WHERE user_id = ? AND present = TRUE AND id < ? ORDER BY id DESC LIMIT ?`
	countUnread = `SELECT COUNT(*) FROM (SELECT 1 FROM activities FORCE INDEX (listed) WHERE user_id = ? AND present = TRUE
  AND id > COALESCE((SELECT read_id FROM activity_marks WHERE user_id = ?), 0) LIMIT ?) unread`
	markRead = `UPDATE activity_marks SET read_id = GREATEST(read_id, LEAST(?, last_id)) WHERE user_id = ?`
)

// Activities implements activity.Store.
type Activities struct {
	db    *sqlx.DB
	inbox *inbox.Inbox
}

var _ activity.Store = (*Activities)(nil)

// NewActivities returns a store on a migrated database and its inbox.
func NewActivities(db *sqlx.DB, processed *inbox.Inbox) *Activities {
	return &Activities{db: db, inbox: processed}
}

// consumer is the name of this consumer in the inbox.
const consumer = "activities"

// Apply implements activity.Store.
func (a *Activities) Apply(ctx context.Context, c activity.Change) error {
	err := a.inbox.Once(ctx, consumer, c.EventID, func(ctx context.Context, tx sqldb.Handle) error {
		if _, err := tx.ExecContext(ctx, lockMarks, c.Entry.UserID); err != nil {
			return err
		}
		var known int64
		err := tx.GetContext(ctx, &known, readVersion, c.Subject)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		e, unknown := c.Entry, err != nil
		switch {
		case known >= c.Version, unknown && c.Late:
			return nil
		case !unknown && !c.Present:
			_, err := tx.ExecContext(ctx, takeBack, c.Version, e.Excerpt, e.OccurredAt.UnixMilli(), c.EventID, c.Subject)
			return err
		}
		if _, err := tx.ExecContext(ctx, takeID, c.Entry.UserID); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, putActivity, c.Subject, c.Version, c.Present, e.Kind, e.ActorID, e.VideoID, e.CommentID,
			e.Excerpt, e.OccurredAt.UnixMilli(), c.EventID, e.UserID)
		return err
	})
	return sqldb.Wrap("mysql.Apply", err)
}

// activityRow is one row of listActivities.
type activityRow struct {
	UserID       int64         `db:"user_id"`
	ID           int64         `db:"id"`
	Kind         activity.Kind `db:"kind"`
	ActorID      int64         `db:"actor_id"`
	VideoID      int64         `db:"video_id"`
	CommentID    int64         `db:"comment_id"`
	Excerpt      string        `db:"excerpt"`
	OccurredAtMS int64         `db:"occurred_at_ms"`
}

// List implements activity.Store.
func (a *Activities) List(ctx context.Context, userID, beforeID int64, limit int) ([]activity.Entry, error) {
	var rows []activityRow
	if err := a.db.SelectContext(ctx, &rows, listActivities, userID, beforeID, limit); err != nil {
		return nil, sqldb.Wrap("mysql.List", err)
	}
	entries := make([]activity.Entry, len(rows))
	for i, r := range rows {
		entries[i] = activity.Entry{
			ID: r.ID, UserID: r.UserID, Kind: r.Kind, ActorID: r.ActorID, VideoID: r.VideoID, CommentID: r.CommentID,
			Excerpt: r.Excerpt, OccurredAt: time.UnixMilli(r.OccurredAtMS).UTC(),
		}
	}
	return entries, nil
}

// Unread implements activity.Store.
func (a *Activities) Unread(ctx context.Context, userID int64) (int64, error) {
	var unread int64
	err := a.db.GetContext(ctx, &unread, countUnread, userID, userID, activity.MaxUnread)
	return unread, sqldb.Wrap("mysql.Unread", err)
}

// MarkRead implements activity.Store.
func (a *Activities) MarkRead(ctx context.Context, userID, upToID int64) error {
	_, err := a.db.ExecContext(ctx, markRead, upToID, userID)
	return sqldb.Wrap("mysql.MarkRead", err)
}
