package mysql

import (
	"cmp"
	"context"
	"maps"
	"slices"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

const (
	// lockFollows locks by the primary key, in the order in which all batches do.
	lockFollows = `SELECT user_id, target_id, following, version, changed_at_ms FROM follows FORCE INDEX (PRIMARY)
WHERE (user_id, target_id) IN ([(?, ?)]) ORDER BY user_id, target_id FOR UPDATE`
	// insertFollows fails if another transaction created a row since it was looked
	// for.
	insertFollows = `INSERT INTO follows (user_id, target_id, following, version, changed_at_ms) VALUES [(?, ?, ?, ?, ?)]`
	// updateFollows is for rows that are locked.
	updateFollows = insertFollows + `
ON DUPLICATE KEY UPDATE following = VALUES(following), version = VALUES(version), changed_at_ms = VALUES(changed_at_ms)`
	// addCounts selects changes. A new row can only have additions; they are not
	// negative for the server, which checks the new row also if one exists.
	addCounts = `INSERT INTO counts (user_id, follows, followers)
SELECT d.user_id, GREATEST(d.follows, 0), GREATEST(d.followers, 0)
FROM ([SELECT ? AS user_id, ? AS follows, ? AS followers]) d
ON DUPLICATE KEY UPDATE follows = counts.follows + d.follows, followers = counts.followers + d.followers`
)

// applyAttempts bounds how often a batch starts anew because another replica
// created the same follow.
const applyAttempts = 4

// Apply implements relation.Batches. The number of statements does not depend on
// the number of changes.
func (s *Store) Apply(ctx context.Context, changes []relation.Change) ([]int64, error) {
	for attempt := 1; ; attempt++ {
		var b *batch
		err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
			b = newBatch(changes)
			return b.run(ctx, tx)
		})
		switch {
		case err == nil:
			if len(b.events) > 0 {
				s.committed()
			}
			return b.versions, nil
		case attempt == applyAttempts || !sqldb.IsDuplicate(err, "PRIMARY"):
			if sqldb.OutcomeUnknown(err) {
				s.committed()
			}
			return nil, sqldb.Wrap("mysql.Apply", err)
		}
	}
}

type followKey struct{ userID, targetID int64 }

func (k followKey) compare(other followKey) int {
	return cmp.Or(cmp.Compare(k.userID, other.userID), cmp.Compare(k.targetID, other.targetID))
}

// follow is a row of follows.
type follow struct {
	UserID      int64 `db:"user_id"`
	TargetID    int64 `db:"target_id"`
	Following   bool  `db:"following"`
	Version     int64 `db:"version"`
	ChangedAtMS int64 `db:"changed_at_ms"`
	stored      bool  // the row exists
	changed     bool
}

// counts are changes of the counts of a user.
type counts struct{ follows, followers int64 }

// batch is one attempt to apply changes. It locks and reads their rows, decides in
// memory what each one changes, and stores the result.
//
// Rows are locked in this order: follows, then counts, each by ascending key, so
// that two batches do not deadlock. The counts of a well-known user are contended,
// so they come last and are locked for the shortest time.
type batch struct {
	changes  []relation.Change
	versions []int64 // of the events; 0: no effect
	follows  map[followKey]*follow
	users    map[int64]counts // sums of the changes
	events   []outbox.Event
}

func newBatch(changes []relation.Change) *batch {
	return &batch{
		changes: changes, versions: make([]int64, len(changes)),
		follows: map[followKey]*follow{}, users: map[int64]counts{},
	}
}

func (b *batch) run(ctx context.Context, tx sqldb.Handle) error {
	if err := b.lock(ctx, tx); err != nil {
		return err
	}
	for i, c := range b.changes {
		b.versions[i] = b.set(c)
	}
	if err := b.storeFollows(ctx, tx); err != nil {
		return err
	}
	if err := outbox.Add(ctx, tx, b.events...); err != nil {
		return err
	}
	return b.storeCounts(ctx, tx)
}

// lock locks and reads the rows of all changes.
func (b *batch) lock(ctx context.Context, tx sqldb.Handle) error {
	wanted := map[followKey]bool{}
	for _, c := range b.changes {
		wanted[followKey{c.UserID, c.TargetID}] = true
	}
	var args []any
	for _, key := range slices.SortedFunc(maps.Keys(wanted), followKey.compare) {
		args = append(args, key.userID, key.targetID)
	}
	if len(args) == 0 {
		return nil
	}
	var rows []*follow
	if err := tx.SelectContext(ctx, &rows, sqldb.Repeat(lockFollows, ", ", len(wanted)), args...); err != nil {
		return err
	}
	for _, row := range rows {
		row.stored = true
		b.follows[followKey{row.UserID, row.TargetID}] = row
	}
	return nil
}

// set does one change in memory. It returns the version of its event, or 0 if it has
// no effect.
func (b *batch) set(c relation.Change) int64 {
	key := followKey{c.UserID, c.TargetID}
	row, exists := b.follows[key]
	if !exists && !c.Following || exists && row.Following == c.Following {
		return 0
	}
	if !exists {
		row = &follow{UserID: c.UserID, TargetID: c.TargetID}
		b.follows[key] = row
	}
	row.Following, row.ChangedAtMS, row.changed = c.Following, c.At.UnixMilli(), true
	row.Version++
	topic, delta := eventv1.TopicUnfollowed, int64(-1)
	if c.Following {
		topic, delta = eventv1.TopicFollowed, 1
	}
	b.events = append(b.events, outbox.Event{
		Topic:       topic,
		Subject:     eventv1.FollowSubject(c.UserID, c.TargetID),
		Version:     row.Version,
		Data:        &eventv1.Followed{UserId: c.UserID, TargetId: c.TargetID},
		TraceParent: c.TraceParent,
	})
	follower, target := b.users[c.UserID], b.users[c.TargetID]
	follower.follows += delta
	target.followers += delta
	b.users[c.UserID], b.users[c.TargetID] = follower, target
	return row.Version
}

// storeFollows writes the changed rows by ascending key.
func (b *batch) storeFollows(ctx context.Context, tx sqldb.Handle) error {
	var inserts, updates []any
	for _, key := range slices.SortedFunc(maps.Keys(b.follows), followKey.compare) {
		row := b.follows[key]
		values := []any{row.UserID, row.TargetID, row.Following, row.Version, row.ChangedAtMS}
		switch {
		case !row.changed:
		case row.stored:
			updates = append(updates, values...)
		default:
			inserts = append(inserts, values...)
		}
	}
	if err := execRows(ctx, tx, insertFollows, ", ", 5, inserts); err != nil {
		return err
	}
	return execRows(ctx, tx, updateFollows, ", ", 5, updates)
}

func (b *batch) storeCounts(ctx context.Context, tx sqldb.Handle) error {
	var args []any
	for _, id := range slices.Sorted(maps.Keys(b.users)) {
		if change := b.users[id]; change != (counts{}) {
			args = append(args, id, change.follows, change.followers)
		}
	}
	return execRows(ctx, tx, addCounts, " UNION ALL ", 3, args)
}

// execRows runs a statement for rows of so many values, if there are any.
func execRows(ctx context.Context, tx sqldb.Handle, statement, separator string, columns int, values []any) error {
	if len(values) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, sqldb.Repeat(statement, separator, len(values)/columns), values...)
	return err
}
