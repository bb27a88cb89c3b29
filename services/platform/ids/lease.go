package ids

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// timings of a lease. The holder stops well before the database lets another holder
// claim the node, so that not even a stalled process overlaps with the next holder.
type timings struct {
	hold  time.Duration // how long the database reserves the node for its holder
	use   time.Duration // how long the holder generates ids after the start of a renewal
	renew time.Duration // between renewals
	retry time.Duration // after a failed renewal
	call  time.Duration // limit of one renewal, and of the release
}

func standardTimings() timings {
	return timings{hold: time.Minute, use: 45 * time.Second, renew: 15 * time.Second, retry: time.Second, call: 5 * time.Second}
}

// Lease claims one of the 64 nodes in the table id_nodes of the service's own database
// and returns its generator. The table is not part of the service's migrations: Lease
// creates it and its rows. ctx is for the claim only. A goroutine renews the lease
// until the returned function is called, which waits for the goroutine, releases the
// node and ends the generator. A long outage of the database loses the node: Next is
// Unavailable until the lease is renewed or another node is claimed, which happens
// automatically.
//
// No two ids are equal, whatever clocks do: a row's expires_ms is also the last
// millisecond of its holder's ids, it only grows while the node is held, and the next
// holder starts behind it. Ids contain the time of the database (at the last renewal,
// plus the time that passed on clock since), so that replicas with different clocks
// still generate ids in one order.
//
// The error is Unavailable when all nodes are held or the database is down.
func Lease(ctx context.Context, db *sqlx.DB, clock func() time.Time) (*Generator, func(), error) {
	return startLease(ctx, db, clock, standardTimings())
}

func startLease(ctx context.Context, db *sqlx.DB, clock func() time.Time, t timings) (*Generator, func(), error) {
	const op = "ids.Lease"
	table := nodeTable{db: db, holder: rand.Text(), hold: t.hold}
	if err := table.create(ctx); err != nil {
		return nil, nil, sqldb.Wrap(op, err)
	}
	l := &lessee{table: table, timings: t, generator: &Generator{clock: clock}, ended: make(chan struct{})}
	if err := l.claim(ctx); err != nil {
		return nil, nil, sqldb.Wrap(op, err)
	}
	keeping, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go l.keep(keeping)
	return l.generator, func() { cancel(); <-l.ended }, nil
}

// lessee keeps the lease of a generator's node. Its methods run sequentially, on the
// goroutine of keep once that runs.
type lessee struct {
	table     nodeTable
	timings   timings
	generator *Generator
	ended     chan struct{}
}

// keep renews the lease until ctx ends, then releases the node.
func (l *lessee) keep(ctx context.Context) {
	defer close(l.ended)
	timer := time.NewTimer(l.timings.renew)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			l.release(context.WithoutCancel(ctx))
			return
		case <-timer.C:
		}
		next := l.timings.renew
		if err := l.renew(ctx); err != nil {
			l.generator.explain(err)
			next = l.timings.retry
		}
		timer.Reset(next)
	}
}

// claim takes a free node, at the start or after the node was lost.
func (l *lessee) claim(ctx context.Context) error {
	began := l.generator.clock()
	c, err := l.table.claim(ctx)
	if err != nil {
		return err
	}
	l.generator.move(c.node, c.after, l.grant(began, c.row))
	return nil
}

// renew extends the lease, even after it expired if no other holder took the node;
// otherwise it claims another node.
func (l *lessee) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.timings.call)
	defer cancel()
	began := l.generator.clock()
	row, held, err := l.table.renew(ctx, l.generator.node)
	if err != nil {
		return err
	}
	if !held {
		l.generator.explain(errs.New(errs.Unavailable, reasonNodeLost, ""))
		l.generator.stop()
		return l.claim(ctx)
	}
	l.generator.extend(l.grant(began, row))
	return nil
}

// grant starts before the call of the database, so the holder never assumes more time
// than it was granted.
func (l *lessee) grant(began time.Time, r row) *grant {
	return &grant{began: began, beganMillis: r.Now, use: l.timings.use, limit: r.Expires}
}

// release ends the generator and then releases the node. If the database does not
// answer, the node is free when its lease expires.
func (l *lessee) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, l.timings.call)
	defer cancel()
	last := l.generator.stop()
	_ = l.table.release(ctx, l.generator.node, last)
}
