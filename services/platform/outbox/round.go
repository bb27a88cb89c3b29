package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	sqlPending = `SELECT EXISTS (SELECT 1 FROM outbox WHERE published_at_ms IS NULL)`

	sqlOldest = `SELECT id, ` + columns + ` FROM outbox WHERE published_at_ms IS NULL ORDER BY id LIMIT ?`

	// Events after those that stayed, without subjects that still have an earlier
	// event. That earlier event may have been invisible when the batch was read,
	// because ids are assigned before the commit.
	sqlBeyond = `SELECT id, ` + columns + ` FROM outbox
		WHERE published_at_ms IS NULL AND id > ?
			AND subject NOT IN (SELECT subject FROM outbox WHERE published_at_ms IS NULL AND id <= ?)
		ORDER BY id LIMIT ?`

	sqlPublished = `UPDATE outbox SET published_at_ms = ` + sqldb.NowMS + ` WHERE id IN (?)`
	sqlDelete    = `DELETE FROM outbox WHERE id IN (?)`
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

// round publishes all events, batch by batch. Without a wake-up it first looks
// whether there is any: an idle relay takes no turn.
func (r *Relay) round(ctx context.Context, woken bool) round {
	var sum round
	if !woken {
		pending, err := r.pending(ctx)
		if err != nil || !pending {
			return round{err: sqldb.Wrap(opRelay, err)}
		}
	}
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
	r.mark.published += sum.published
	r.pruning.published += sum.published
	return sum
}

const opRelay = "outbox.Relay"

func (r *Relay) pending(ctx context.Context) (pending bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	err = r.db.GetContext(ctx, &pending, sqlPending)
	return pending, err
}

// batch is the result of one batch.
type batch struct {
	round
	last bool // nothing is left to do in this round
}

// batch publishes one batch in this replica's turn. The end of ctx does not
// interrupt it. A batch that is published and not marked is published again.
func (r *Relay) batch(ctx context.Context, p *pass) batch {
	ctx = context.WithoutCancel(ctx)
	mine, err := r.turn.take(ctx, r.db)
	if err != nil {
		return failedBatch(err)
	}
	if !mine {
		return batch{round: round{busy: true}, last: true}
	}
	rows, err := r.read(ctx, p.after)
	if err != nil {
		return failedBatch(err)
	}
	if len(rows) == 0 {
		return batch{last: true}
	}
	if r.options.BeforePublish != nil {
		r.options.BeforePublish(ctx, r.events(rows))
	}
	accepted, publishErr := r.publish(ctx, rows, p.failed)
	if publishErr != nil && !r.outage.lasts() {
		r.mark.doubt = true // once per outage: a broker that refuses one topic for long loses nothing
	}
	if err := r.record(ctx, accepted); err != nil {
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
	return batch{round: round{err: sqldb.Wrap(opRelay, err)}, last: true}
}

// read returns the oldest events after an id.
func (r *Relay) read(ctx context.Context, after int64) (rows []row, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	if after == 0 {
		err = r.db.SelectContext(ctx, &rows, sqlOldest, r.options.Batch)
	} else {
		err = r.db.SelectContext(ctx, &rows, sqlBeyond, after, after, r.options.Batch)
	}
	return rows, err
}

// record marks accepted events as published, or deletes them if nothing can show
// that the broker lost them.
func (r *Relay) record(ctx context.Context, accepted []int64) error {
	if len(accepted) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	if r.options.BrokerMark == nil {
		return sqldb.ExecIn(ctx, r.db, sqlDelete, accepted)
	}
	return sqldb.ExecIn(ctx, r.db, sqlPublished, accepted)
}

// publish sends the batch in waves. A wave has no order, so it holds at most one
// event per subject; an event stays while its subject has an earlier unpublished
// one. publish returns the ids of accepted events and the first error. Topics
// that accepted nothing are added to failed.
func (r *Relay) publish(ctx context.Context, rows []row, failed map[string]bool) (accepted []int64, err error) {
	ctx, cancel := context.WithDeadline(ctx, r.turn.until) // then another replica may publish
	defer cancel()
	ctx, cancelAll := context.WithTimeout(ctx, publishTimeout)
	defer cancelAll()
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
	rows = byVersion(rows)
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

// byVersion puts the events of each subject in the order of their versions. The
// ids need not have it: servers of a cluster assign ids that do not grow with time.
func byVersion(rows []row) []row {
	places := make(map[string][]int, len(rows))
	for i, event := range rows {
		places[event.Subject] = append(places[event.Subject], i)
	}
	sorted := slices.Clone(rows)
	for _, own := range places {
		order := slices.Clone(own)
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[a].Version, rows[b].Version) })
		for i, place := range own {
			sorted[place] = rows[order[i]]
		}
	}
	return sorted
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
