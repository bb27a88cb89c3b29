package ids

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// timings of a lease. The holder stops well before the database would give the
// node to another, so that not even a stalled process overlaps with the next
// holder.
type timings struct {
	hold  time.Duration // how long the database keeps the node for its holder
	use   time.Duration // how long the holder makes ids after a renewal began
	renew time.Duration // between renewals
	retry time.Duration // after a renewal that failed
	call  time.Duration // limit of one renewal, and of the release
}

func standardTimings() timings {
	return timings{hold: time.Minute, use: 45 * time.Second, renew: 15 * time.Second, retry: time.Second, call: 5 * time.Second}
}

// Lease claims one of the 64 nodes in the table id_nodes of the service's own
// database and returns its generator. The table is not in the service's
// migrations: Lease creates it (CREATE TABLE IF NOT EXISTS) and its rows. ctx
// is for the claim only. A goroutine renews the lease until the returned
// function is called, which waits for it, gives the node back and leaves the
// generator without one. Losing the database for long loses the node: Next is
// Unavailable until it is renewed or another is claimed, which happens by
// itself.
//
// No two ids are equal, whatever clocks do: a row's expires_ms is also the last
// millisecond that its holder's ids may bear, it only grows while the node is
// held, and the next holder starts behind it. Ids bear the time of the database
// (as of the last renewal, plus what clock says has passed since), so that
// replicas whose clocks differ still make ids in one order.
//
// The error is Unavailable when all nodes are taken or the database is down.
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

// lessee keeps a generator supplied with a node. Its methods run one after the
// other, on the goroutine of keep once that runs.
type lessee struct {
	table     nodeTable
	timings   timings
	generator *Generator
	ended     chan struct{}
}

// keep renews until ctx ends, then gives the node back.
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

// claim takes a free node, at the start or after the last one was lost.
func (l *lessee) claim(ctx context.Context) error {
	began := l.generator.clock()
	c, err := l.table.claim(ctx)
	if err != nil {
		return err
	}
	l.generator.move(c.node, c.after, l.grant(began, c.row))
	return nil
}

// renew prolongs the lease, also one that ran out but that nobody else took;
// when somebody did, it claims another node.
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

// grant counts its time from before the database was asked, so that the holder
// never believes to have more than it was given.
func (l *lessee) grant(began time.Time, r row) *grant {
	return &grant{began: began, beganMillis: r.Now, use: l.timings.use, limit: r.Expires}
}

// release ends the generator before it gives the node back. When the database
// does not answer, the node is free after its time.
func (l *lessee) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, l.timings.call)
	defer cancel()
	last := l.generator.stop()
	_ = l.table.release(ctx, l.generator.node, last)
}
