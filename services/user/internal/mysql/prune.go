package mysql

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
	"github.com/douyin-on-dapr/douyin/services/user/internal/prune"
)

// pruneBatch limits the rows, and so the locks, of one delete statement.
const pruneBatch = 1000

const (
	pruneSessions = `DELETE FROM sessions WHERE created_at_ms < ? ORDER BY created_at_ms LIMIT ?`
	takenBack     = `SELECT a.occurred_at_ms, a.user_id, a.id, a.subject, a.id = m.last_id AS newest
FROM activities a FORCE INDEX (taken_back) JOIN activity_marks m ON m.user_id = a.user_id
WHERE a.present = FALSE AND a.occurred_at_ms >= ? AND a.occurred_at_ms < ?
  AND (a.occurred_at_ms > ? OR a.user_id > ? OR (a.user_id = ? AND a.id > ?))
ORDER BY a.occurred_at_ms, a.user_id, a.id LIMIT ?`
	// The conditions leave a row alone that changed since it was read.
	pruneTakenBack = `DELETE FROM activities WHERE subject IN (?) AND present = FALSE AND occurred_at_ms < ?`
	// A user with this many entries had at least as many numbers.
	longLists = `SELECT last_id, user_id FROM activity_marks
WHERE last_id > ? AND (last_id > ? OR user_id > ?) ORDER BY last_id, user_id LIMIT ?`
	oldestKept = `SELECT COALESCE(MIN(id), 0) FROM (SELECT id FROM activities FORCE INDEX (listed)
WHERE user_id = ? AND present = TRUE ORDER BY id DESC LIMIT ?) kept`
	oldestEntries = `SELECT id, occurred_at_ms FROM activities FORCE INDEX (listed)
WHERE user_id = ? AND present = TRUE AND id < ? ORDER BY id LIMIT ?`
	deleteEntries = `DELETE FROM activities WHERE user_id = ? AND id IN (?) AND present = TRUE`
)

// Pruner deletes old rows.
type Pruner struct{ db *sqlx.DB }

var _ prune.Rows = (*Pruner)(nil)

// NewPruner returns a pruner of a migrated database.
func NewPruner(db *sqlx.DB) *Pruner { return &Pruner{db: db} }

// Sessions implements prune.Rows.
func (p *Pruner) Sessions(ctx context.Context, before time.Time) error {
	const op = "mysql.pruneSessions"
	for {
		result, err := p.db.ExecContext(ctx, pruneSessions, before.UnixMilli(), pruneBatch)
		if err != nil {
			return sqldb.Wrap(op, err)
		}
		if n, err := result.RowsAffected(); err != nil || n < pruneBatch {
			return sqldb.Wrap(op, err)
		}
	}
}

// TakenBack implements prune.Rows. It keeps the newest entry of each user, so that
// the numbers of a list always end with the one in activity_marks.
func (p *Pruner) TakenBack(ctx context.Context, before time.Time) error {
	const op = "mysql.pruneTakenBack"
	var last takenBackRow
	for {
		var rows []takenBackRow
		err := p.db.SelectContext(ctx, &rows, takenBack, last.OccurredMS, before.UnixMilli(),
			last.OccurredMS, last.UserID, last.UserID, last.ID, pruneBatch)
		if err != nil {
			return sqldb.Wrap(op, err)
		}
		var subjects []string
		for _, row := range rows {
			if !row.Newest {
				subjects = append(subjects, row.Subject)
			}
			last = row
		}
		if len(subjects) > 0 {
			if err := sqldb.ExecIn(ctx, p.db, pruneTakenBack, subjects, before.UnixMilli()); err != nil {
				return sqldb.Wrap(op, err)
			}
		}
		if len(rows) < pruneBatch {
			return nil
		}
	}
}

type takenBackRow struct {
	OccurredMS int64  `db:"occurred_at_ms"`
	UserID     int64  `db:"user_id"`
	ID         int64  `db:"id"`
	Subject    string `db:"subject"`
	Newest     bool   `db:"newest"`
}

// LongLists implements prune.Rows.
func (p *Pruner) LongLists(ctx context.Context, before time.Time) error {
	const op = "mysql.pruneLongLists"
	var last struct {
		ID     int64 `db:"last_id"`
		UserID int64 `db:"user_id"`
	}
	last.ID = activity.MaxKept
	for {
		users := []struct {
			ID     int64 `db:"last_id"`
			UserID int64 `db:"user_id"`
		}{}
		// The numbers begin after MaxKept.
		err := p.db.SelectContext(ctx, &users, longLists, max(last.ID-1, activity.MaxKept), last.ID, last.UserID, pruneBatch)
		if err != nil {
			return sqldb.Wrap(op, err)
		}
		for _, u := range users {
			if err := p.shorten(ctx, u.UserID, before); err != nil {
				return sqldb.Wrap(op, err)
			}
			last = u
		}
		if len(users) < pruneBatch {
			return nil
		}
	}
}

// shorten deletes the old entries of a user beyond the newest MaxKept. Numbers
// grow with time, so it ends at the first entry that is not old.
func (p *Pruner) shorten(ctx context.Context, userID int64, before time.Time) error {
	var kept int64
	if err := p.db.GetContext(ctx, &kept, oldestKept, userID, activity.MaxKept); err != nil {
		return err
	}
	for {
		var entries []struct {
			ID         int64 `db:"id"`
			OccurredMS int64 `db:"occurred_at_ms"`
		}
		if err := p.db.SelectContext(ctx, &entries, oldestEntries, userID, kept, pruneBatch); err != nil {
			return err
		}
		var old []int64
		for _, e := range entries {
			if e.OccurredMS >= before.UnixMilli() {
				break
			}
			old = append(old, e.ID)
		}
		if len(old) == 0 {
			return nil
		}
		if err := sqldb.ExecIn(ctx, p.db, deleteEntries, userID, old); err != nil {
			return err
		}
		if len(old) < pruneBatch {
			return nil
		}
	}
}
