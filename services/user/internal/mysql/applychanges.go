package mysql

import (
	"context"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
)

const (
	// The update changes nothing, but locks the rows, whether they are new or not.
	lockMarks = `INSERT INTO activity_marks (user_id, last_id, read_id) VALUES [(?, 0, 0)]
ON DUPLICATE KEY UPDATE last_id = last_id`
	readMarks      = `SELECT user_id, last_id FROM activity_marks WHERE user_id IN (?) FOR UPDATE`
	readActivities = `SELECT user_id, id, subject, version FROM activities WHERE subject IN (?)`
	putActivities  = `INSERT INTO activities (user_id, id, subject, version, present, kind, actor_id, video_id, comment_id, excerpt, occurred_at_ms, event_id)
VALUES [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]
ON DUPLICATE KEY UPDATE id = VALUES(id), version = VALUES(version), present = VALUES(present),
  excerpt = VALUES(excerpt), occurred_at_ms = VALUES(occurred_at_ms), event_id = VALUES(event_id)`
	moveMarks = `INSERT INTO activity_marks (user_id, last_id, read_id) VALUES [(?, ?, 0)]
ON DUPLICATE KEY UPDATE last_id = VALUES(last_id)`
)

// consumer is the name of this consumer in the inbox.
const consumer = "activities"

// Apply implements activity.Store. The number of statements does not depend on the
// number of changes.
func (a *Activities) Apply(ctx context.Context, changes []activity.Change) error {
	events := make([]string, len(changes))
	for i, c := range changes {
		events[i] = c.EventID
	}
	err := a.inbox.OnceEach(ctx, consumer, events, func(ctx context.Context, tx sqldb.Handle, fresh []string) error {
		return applyChanges(ctx, tx, firstOf(changes, fresh))
	})
	return sqldb.Wrap("mysql.Apply", err)
}

// firstOf returns the first change of each of the given events.
func firstOf(changes []activity.Change, events []string) []activity.Change {
	wanted := make(map[string]bool, len(events))
	for _, id := range events {
		wanted[id] = true
	}
	var first []activity.Change
	for _, c := range changes {
		if wanted[c.EventID] {
			first = append(first, c)
			delete(wanted, c.EventID)
		}
	}
	return first
}

// storedActivity is the state of a subject: that of its row and then that of the
// newest change.
type storedActivity struct {
	UserID  int64  `db:"user_id"`
	ID      int64  `db:"id"`
	Subject string `db:"subject"`
	Version int64  `db:"version"`
	newest  *activity.Change
}

// applyChanges locks the marks of the users by ascending id, which orders the
// changes of each user, decides in memory what each change does, and stores it.
func applyChanges(ctx context.Context, tx sqldb.Handle, changes []activity.Change) error {
	last, err := lockUsers(ctx, tx, changes)
	if err != nil {
		return err
	}
	known, err := readSubjects(ctx, tx, changes)
	if err != nil {
		return err
	}
	moved := map[int64]bool{} // users with new numbers
	for i := range changes {
		c := &changes[i]
		row, exists := known[c.Subject]
		if exists && row.Version >= c.Version || !exists && c.Late {
			continue
		}
		if !exists {
			row = &storedActivity{UserID: c.Entry.UserID, Subject: c.Subject}
			known[c.Subject] = row
		}
		row.Version, row.newest = c.Version, c
		if exists && !c.Present {
			continue // keeps its number: a new one would only lengthen the list
		}
		last[row.UserID]++
		row.ID = last[row.UserID]
		moved[row.UserID] = true
	}
	return storeChanges(ctx, tx, known, last, moved)
}

// lockUsers locks the marks of all users and returns the numbers of their newest
// entries.
func lockUsers(ctx context.Context, tx sqldb.Handle, changes []activity.Change) (last map[int64]int64, err error) {
	last = map[int64]int64{}
	for _, c := range changes {
		last[c.Entry.UserID] = 0
	}
	users := slices.Sorted(maps.Keys(last))
	args := make([]any, len(users))
	for i, id := range users {
		args[i] = id
	}
	if _, err := tx.ExecContext(ctx, sqldb.Repeat(lockMarks, ", ", len(users)), args...); err != nil {
		return nil, err
	}
	query, args, err := sqlx.In(readMarks, users)
	if err != nil {
		return nil, err
	}
	var marks []struct {
		UserID int64 `db:"user_id"`
		LastID int64 `db:"last_id"`
	}
	err = tx.SelectContext(ctx, &marks, query, args...)
	for _, m := range marks {
		last[m.UserID] = m.LastID
	}
	return last, err
}

func readSubjects(ctx context.Context, tx sqldb.Handle, changes []activity.Change) (map[string]*storedActivity, error) {
	subjects := make([]string, len(changes))
	for i, c := range changes {
		subjects[i] = c.Subject
	}
	query, args, err := sqlx.In(readActivities, subjects)
	if err != nil {
		return nil, err
	}
	var rows []*storedActivity
	if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	known := make(map[string]*storedActivity, len(changes))
	for _, row := range rows {
		known[row.Subject] = row
	}
	return known, nil
}

// storeChanges writes the changed subjects, and the marks of the users with new
// numbers.
func storeChanges(ctx context.Context, tx sqldb.Handle, known map[string]*storedActivity, last map[int64]int64, moved map[int64]bool) error {
	var entries, marks []any
	for _, subject := range slices.Sorted(maps.Keys(known)) {
		row := known[subject]
		if row.newest == nil {
			continue
		}
		c, e := row.newest, row.newest.Entry
		entries = append(entries, row.UserID, row.ID, row.Subject, c.Version, c.Present, e.Kind, e.ActorID, e.VideoID, e.CommentID,
			e.Excerpt, e.OccurredAt.UnixMilli(), c.EventID)
	}
	for _, user := range slices.Sorted(maps.Keys(moved)) {
		marks = append(marks, user, last[user])
	}
	if len(entries) > 0 {
		if _, err := tx.ExecContext(ctx, sqldb.Repeat(putActivities, ", ", len(entries)/12), entries...); err != nil {
			return err
		}
	}
	if len(marks) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, sqldb.Repeat(moveMarks, ", ", len(marks)/2), marks...)
	return err
}
