package mysql

import (
	"context"
	"errors"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// applyAttempts bounds how often a batch starts anew because of a concurrent
// transaction: another replica created the same like, used the same request id,
// or marked a video as deleted.
const applyAttempts = 4

// errVideoDeleted rolls a batch back that found a deleted video.
var errVideoDeleted = errors.New("a video was deleted meanwhile")

// Apply implements interaction.Batches. The number of statements does not depend
// on the number of writes.
func (s *Store) Apply(ctx context.Context, writes []interaction.Write) ([]interaction.Outcome, error) {
	deleted := map[int64]bool{} // videos that an attempt found deleted; they stay so
	for attempt := 1; ; attempt++ {
		var b *batch
		err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
			b = newBatch(writes, deleted)
			return b.run(ctx, tx)
		})
		switch {
		case err == nil:
			if len(b.events) > 0 {
				s.committed()
			}
			return b.outcomes, nil
		case attempt == applyAttempts || !startsAnew(err):
			if sqldb.OutcomeUnknown(err) {
				s.committed()
			}
			return nil, sqldb.Wrap("mysql.Apply", err)
		}
	}
}

// startsAnew reports whether the next attempt sees what made this one fail.
func startsAnew(err error) bool {
	return errors.Is(err, errVideoDeleted) || sqldb.IsDuplicate(err, "PRIMARY") || sqldb.IsDuplicate(err, "one_per_request")
}

// batch is one attempt to apply writes. It locks and reads their rows, decides in
// memory what each write changes, and stores the result.
//
// Rows are locked in this order: likes, comments, counts of users, counts of
// videos, each by ascending key. The counts are contended, so they come last and
// are locked for the shortest time. A purge follows the same order.
type batch struct {
	writes   []interaction.Write
	deleted  map[int64]bool
	outcomes []interaction.Outcome

	likes    map[likeKey]*like
	comments map[int64]*comment      // those that are added or deleted
	requests map[requestKey]*comment // the first comment with a request id
	events   []outbox.Event
	users    map[int64]userCounts  // sums of the changes
	videos   map[int64]videoCounts // sums of the changes
}

func newBatch(writes []interaction.Write, deleted map[int64]bool) *batch {
	return &batch{
		writes: writes, deleted: deleted, outcomes: make([]interaction.Outcome, len(writes)),
		likes: map[likeKey]*like{}, comments: map[int64]*comment{}, requests: map[requestKey]*comment{},
		users: map[int64]userCounts{}, videos: map[int64]videoCounts{},
	}
}

func (b *batch) run(ctx context.Context, tx sqldb.Handle) error {
	if err := b.lockLikes(ctx, tx); err != nil {
		return err
	}
	if err := b.lockComments(ctx, tx); err != nil {
		return err
	}
	if err := b.readRequests(ctx, tx); err != nil {
		return err
	}
	for i, w := range b.writes {
		switch {
		case w.Like != nil:
			b.outcomes[i] = b.setLike(*w.Like, w.TraceParent)
		case w.Add != nil:
			b.outcomes[i] = b.addComment(*w.Add, w.TraceParent)
		case w.Delete != nil:
			b.outcomes[i] = b.deleteComment(w.Delete.ID, w.TraceParent)
		}
	}
	if err := b.storeLikes(ctx, tx); err != nil {
		return err
	}
	if err := b.storeComments(ctx, tx); err != nil {
		return err
	}
	if err := outbox.Add(ctx, tx, b.events...); err != nil {
		return err
	}
	if err := b.storeUserCounts(ctx, tx); err != nil {
		return err
	}
	return b.storeVideoCounts(ctx, tx)
}
