package outbox

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	sqlPruneAll    = `DELETE FROM outbox WHERE published_at_ms < ` + sqldb.NowMS + ` - ? LIMIT ?`
	sqlPruneOthers = `DELETE FROM outbox WHERE published_at_ms < GREATEST(?, ` + sqldb.NowMS + ` - ?) AND topic NOT IN (?) LIMIT ?`
	sqlBeyondCount = `SELECT COALESCE((SELECT published_at_ms FROM outbox WHERE published_at_ms IS NOT NULL
		ORDER BY published_at_ms DESC LIMIT 1 OFFSET ?), 0)`
)

const (
	pruneEvery = time.Minute // or Keep.OtherFor, if that is shorter

	// pruneChunks is how many chunks are deleted between two rounds, which wait for
	// it. It is more than one, because a round may publish more than a chunk.
	pruneChunks  = 3
	pruneTimeout = 5 * time.Second
)

// pruneState is what a relay knows about the events it keeps.
type pruneState struct {
	counted   time.Time
	beyond    int64 // when the oldest event was published that Keep.OthersOf covers
	published int   // events since the last pruning
	more      bool  // the last pruning left events for the next one
}

// prune deletes published events that are not kept any longer: after every chunk
// of published events, once a minute, and after every round while there are more
// than one pruning deletes.
func (r *Relay) prune(ctx context.Context) {
	keep, state := r.options.Keep, &r.pruning
	every := min(pruneEvery, keep.OtherFor)
	if r.options.BrokerMark == nil || !state.more && state.published < chunk && time.Since(state.counted) < every {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, pruneTimeout)
	defer cancel()
	if time.Since(state.counted) >= every {
		if err := r.db.GetContext(ctx, &state.beyond, sqlBeyondCount, keep.OthersOf); err != nil {
			return // the next round tries again
		}
		state.counted = time.Now()
	}
	state.published = 0
	left := r.deleteChunks(ctx, pruneChunks, sqlPruneAll, keep.RareFor.Milliseconds(), chunk)
	if left > 0 {
		rare := append(slices.Clone(keep.Rare), "") // IN needs a value; no topic is ""
		query, args, err := sqlx.In(sqlPruneOthers, state.beyond, keep.OtherFor.Milliseconds(), rare, chunk)
		if err != nil {
			return // cannot happen: rare is not empty
		}
		left = r.deleteChunks(ctx, left, query, args...)
	}
	state.more = left == 0
}

// deleteChunks repeats a statement while it deletes a whole chunk, and returns how
// many more chunks were allowed. A failure ends it; the next pruning tries again.
func (r *Relay) deleteChunks(ctx context.Context, allowed int, statement string, args ...any) (left int) {
	for ; allowed > 0; allowed-- {
		result, err := r.db.ExecContext(ctx, statement, args...)
		if err != nil {
			return allowed
		}
		if n, err := result.RowsAffected(); err != nil || n < chunk {
			return allowed
		}
	}
	return 0
}
