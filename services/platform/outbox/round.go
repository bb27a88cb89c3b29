package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	sqlTurn = `SELECT id FROM outbox_relay WHERE id = 1 FOR UPDATE SKIP LOCKED`

	sqlOldest = `SELECT id, event_id, topic, subject, version, occurred_at_ms, traceparent, data
		FROM outbox ORDER BY id LIMIT ?`

	// Events after those that stayed, without subjects that still have an earlier
	// event. That earlier event may have been invisible when the batch was read,
	// because ids are assigned before the commit.
	sqlBeyond = `SELECT id, event_id, topic, subject, version, occurred_at_ms, traceparent, data
		FROM outbox AS o
		WHERE id > ? AND NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.subject = o.subject AND earlier.id <= ?)
		ORDER BY id LIMIT ?`

	sqlDelete = `DELETE FROM outbox WHERE id IN (?)`
)

// maxBarren limits the batches without a publishable event that one round reads
// in search of events that do not belong to a failing topic.
const maxBarren = 20

// round is the result of one walk through the table.
type round struct {
	busy      bool // another replica has the turn
	published int
	err       error // the first failure
}

// pass is the progress of a round.
type pass struct {
	after  int64           // the last event that was skipped
	failed map[string]bool // topics that accepted nothing; not tried again in this round
}

// round publishes all events, batch by batch.
func (r *Relay) round(ctx context.Context) round {
	var sum round
	p := pass{failed: map[string]bool{}}
	for barren := 0; barren < maxBarren; {
		b := r.batch(ctx, &p)
		sum.published += b.published
		if sum.err == nil {
			sum.err = b.err
		}
		if b.busy && sum.err == nil {
			sum.busy = true
		}
		if b.last || ctx.Err() != nil {
			break
		}
		if b.published == 0 {
			barren++
		}
	}
	return sum
}

// batch is the result of one turn.
type batch struct {
	round
	last bool // nothing is left to do in this round
}

// batch takes the turn for one batch. The end of ctx does not interrupt it.
func (r *Relay) batch(ctx context.Context, p *pass) batch {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout+2*recordTimeout)
	defer cancel()
	tx, err := r.db.BeginTxx(ctx, nil)
	if err != nil {
		return failedBatch(err)
	}
	// No effect after a commit. Otherwise the published events stay in the table
	// and are published again.
	defer func() { _ = tx.Rollback() }()

	rows, turn, err := take(ctx, tx, p.after, r.options.Batch)
	if err != nil {
		return failedBatch(err)
	}
	if len(rows) == 0 {
		return batch{round: round{busy: !turn}, last: true}
	}
	accepted, publishErr := r.publish(ctx, rows, p.failed)
	if err := r.remove(ctx, tx, accepted); err != nil {
		return failedBatch(err)
	}
	if err := tx.Commit(); err != nil {
		return failedBatch(err)
	}
	if len(accepted) < len(rows) {
		p.after = rows[len(rows)-1].ID
	}
	return batch{
		round: round{published: len(accepted), err: publishErr},
		last:  len(rows) < r.options.Batch,
	}
}

func failedBatch(err error) batch {
	return batch{round: round{err: sqldb.Wrap("outbox.Relay", err)}, last: true}
}

// take locks out other replicas until the transaction ends and reads the oldest
// events. turn is false when another replica has the turn.
func take(ctx context.Context, tx *sqlx.Tx, after int64, limit int) (rows []row, turn bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	var one int
	if err := tx.GetContext(ctx, &one, sqlTurn); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil, false, nil
		}
		return nil, false, err
	}
	if after == 0 {
		err = tx.SelectContext(ctx, &rows, sqlOldest, limit)
	} else {
		err = tx.SelectContext(ctx, &rows, sqlBeyond, after, after, limit)
	}
	return rows, true, err
}

// remove deletes accepted events and keeps copies in case the broker loses them.
func (r *Relay) remove(ctx context.Context, tx *sqlx.Tx, accepted []int64) error {
	if len(accepted) == 0 {
		return nil
	}
	if err := r.keep(ctx, tx, accepted); err != nil {
		return err
	}
	return sqldb.ExecIn(ctx, tx, sqlDelete, accepted)
}

// publish sends the batch in waves. A wave has no order, so it holds at most one
// event per subject; an event stays while its subject has an earlier unpublished
// one. publish returns the ids of accepted events and the first error. Topics
// that accepted nothing are added to failed.
func (r *Relay) publish(ctx context.Context, rows []row, failed map[string]bool) (accepted []int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	stuck := map[string]bool{}
	for _, wave := range waves(rows) {
		for _, group := range byTopic(wave, stuck, failed) {
			refused, publishErr := r.publisher.PublishAll(ctx, group[0].Topic, r.events(group))
			if err == nil {
				err = publishErr
			}
			if len(refused) == len(group) {
				failed[group[0].Topic] = true
			}
			kept := map[int]bool{}
			for _, i := range refused {
				kept[i] = true
			}
			for i, event := range group {
				if kept[i] {
					stuck[event.Subject] = true
				} else {
					accepted = append(accepted, event.ID)
				}
			}
		}
	}
	return accepted, err
}

// waves splits rows so that the n-th event of each subject is in the n-th wave.
func waves(rows []row) [][]row {
	var split [][]row
	seen := make(map[string]int, len(rows))
	for _, event := range rows {
		n := seen[event.Subject]
		seen[event.Subject] = n + 1
		if n == len(split) {
			split = append(split, nil)
		}
		split[n] = append(split[n], event)
	}
	return split
}

// byTopic groups a wave by topic. It leaves out events that cannot be published
// now; their subjects become stuck too.
func byTopic(wave []row, stuck, failed map[string]bool) [][]row {
	var groups [][]row
	index := map[string]int{}
	for _, event := range wave {
		if failed[event.Topic] || stuck[event.Subject] {
			stuck[event.Subject] = true
			continue
		}
		i, known := index[event.Topic]
		if !known {
			i = len(groups)
			index[event.Topic] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], event)
	}
	return groups
}

// events converts rows to CloudEvents.
func (r *Relay) events(rows []row) []cloudevent.Event {
	events := make([]cloudevent.Event, len(rows))
	for i, event := range rows {
		events[i] = cloudevent.Event{
			ID:          event.EventID,
			Source:      r.options.Source,
			Type:        event.Topic,
			Subject:     event.Subject,
			Time:        time.UnixMilli(event.OccurredAt),
			TraceParent: event.TraceParent,
			Version:     event.Version,
			Data:        json.RawMessage(event.Data),
		}
	}
	return events
}
