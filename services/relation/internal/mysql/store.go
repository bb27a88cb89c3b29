// Package mysql stores follows in MySQL or MariaDB.
package mysql

import (
	"context"
	"embed"
	"io/fs"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the schema of the service, for sqldb.Migrate.
func Migrations() fs.FS { return migrations }

// Store implements relation.Store. Errors of the database are wrapped by
// sqldb.Wrap.
type Store struct {
	db *sqlx.DB
	// committed wakes the relay of the outbox.
	committed func()
}

var _ relation.Store = (*Store)(nil)

// New returns a store on a migrated database. The store calls committed after
// each transaction that wrote an event; committed must not block.
func New(db *sqlx.DB, committed func()) *Store { return &Store{db: db, committed: committed} }

const (
	follow = `INSERT INTO follows (user_id, target_id, following, version, changed_at_ms) VALUES (?, ?, TRUE, 1, ?)
ON DUPLICATE KEY UPDATE
  version = IF(following, version, version + 1),
  changed_at_ms = IF(following, changed_at_ms, VALUES(changed_at_ms)),
  following = TRUE`
	unfollow = `UPDATE follows SET following = FALSE, version = version + 1, changed_at_ms = ?
WHERE user_id = ? AND target_id = ? AND following = TRUE`
	followVersion = `SELECT version FROM follows WHERE user_id = ? AND target_id = ?`
	addCounts     = `INSERT INTO counts (user_id, follows, followers) VALUES (?, GREATEST(?, 0), GREATEST(?, 0))
ON DUPLICATE KEY UPDATE follows = follows + ?, followers = followers + ?`
)

// SetFollow implements relation.Store. The number of affected rows decides
// whether anything changed, and the lock of the row orders the changes of one
// follow.
func (s *Store) SetFollow(ctx context.Context, c relation.Change) (bool, error) {
	const op = "mysql.SetFollow"
	var changed bool
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		var err error
		if changed, err = updateFollow(ctx, tx, c); err != nil || !changed {
			return err
		}
		if err := addToCounts(ctx, tx, c); err != nil {
			return err
		}
		return addEvent(ctx, tx, c)
	})
	if err != nil {
		return false, sqldb.Wrap(op, err)
	}
	if changed {
		s.committed()
	}
	return changed, nil
}

// updateFollow writes the row of the follow and reports whether it changed.
func updateFollow(ctx context.Context, tx sqldb.Handle, c relation.Change) (bool, error) {
	query, args := unfollow, []any{c.At.UnixMilli(), c.UserID, c.TargetID}
	if c.Following {
		query, args = follow, []any{c.UserID, c.TargetID, c.At.UnixMilli()}
	}
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	// ON DUPLICATE KEY UPDATE affects 1 row if new, 2 if changed, 0 if unchanged.
	affected, err := result.RowsAffected()
	return affected > 0, err
}

// addToCounts updates the counts of both users, the smaller id first, so that two
// users who follow each other concurrently do not deadlock.
func addToCounts(ctx context.Context, tx sqldb.Handle, c relation.Change) error {
	delta := int64(1)
	if !c.Following {
		delta = -1
	}
	changes := []countChange{{user: c.UserID, follows: delta}, {user: c.TargetID, followers: delta}}
	if c.TargetID < c.UserID {
		changes[0], changes[1] = changes[1], changes[0]
	}
	for _, m := range changes {
		if _, err := tx.ExecContext(ctx, addCounts, m.user, m.follows, m.followers, m.follows, m.followers); err != nil {
			return err
		}
	}
	return nil
}

type countChange struct{ user, follows, followers int64 }

func addEvent(ctx context.Context, tx sqldb.Handle, c relation.Change) error {
	var version int64
	if err := tx.GetContext(ctx, &version, followVersion, c.UserID, c.TargetID); err != nil {
		return err
	}
	topic := eventv1.TopicUnfollowed
	if c.Following {
		topic = eventv1.TopicFollowed
	}
	return outbox.Add(ctx, tx, outbox.Event{
		Topic:   topic,
		Subject: eventv1.FollowSubject(c.UserID, c.TargetID),
		Version: version,
		Data:    &eventv1.Followed{UserId: c.UserID, TargetId: c.TargetID},
	})
}
