package mysql

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/inbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
)

const (
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
