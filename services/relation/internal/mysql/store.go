// Package mysql keeps follows in MySQL or MariaDB.
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

// Migrations are the tables of the service, for sqldb.Migrate.
func Migrations() fs.FS { return migrations }

// Store is the relation.Store of the service. The database's own errors come
// back as what sqldb.Wrap makes of them.
type Store struct {
	db *sqlx.DB
	// committed wakes the relay of the outbox.
	committed func()
}

var _ relation.Store = (*Store)(nil)

// New makes a store on a migrated database. After each commit that wrote an
// event it calls committed, which must not block.
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
	moveCounts    = `INSERT INTO counts (user_id, follows, followers) VALUES (?, GREATEST(?, 0), GREATEST(?, 0))
ON DUPLICATE KEY UPDATE follows = follows + ?, followers = followers + ?`
)

// SetFollow implements relation.Store. The row decides: its affected rows say
// whether anything changed, and its lock puts changes of one pair in order.
func (s *Store) SetFollow(ctx context.Context, c relation.Change) (bool, error) {
	const op = "mysql.SetFollow"
	var changed bool
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		var err error
		if changed, err = setRow(ctx, tx, c); err != nil || !changed {
			return err
		}
		if err := moveBoth(ctx, tx, c); err != nil {
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

// setRow brings the row about and tells whether it was different before.
func setRow(ctx context.Context, tx sqldb.Handle, c relation.Change) (bool, error) {
	query, args := unfollow, []any{c.At.UnixMilli(), c.UserID, c.TargetID}
	if c.Following {
		query, args = follow, []any{c.UserID, c.TargetID, c.At.UnixMilli()}
	}
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	// 1 for a new row, 2 for one that was updated, 0 for one that was so already.
	affected, err := result.RowsAffected()
	return affected > 0, err
}

// moveBoth moves the counts of both users, always the smaller id first, so that
// two users who follow each other at once do not deadlock.
func moveBoth(ctx context.Context, tx sqldb.Handle, c relation.Change) error {
	delta := int64(1)
	if !c.Following {
		delta = -1
	}
	moves := []move{{user: c.UserID, follows: delta}, {user: c.TargetID, followers: delta}}
	if c.TargetID < c.UserID {
		moves[0], moves[1] = moves[1], moves[0]
	}
	for _, m := range moves {
		if _, err := tx.ExecContext(ctx, moveCounts, m.user, m.follows, m.followers, m.follows, m.followers); err != nil {
			return err
		}
	}
	return nil
}

type move struct{ user, follows, followers int64 }

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
