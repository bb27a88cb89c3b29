// Package groupcommit commits writes of many callers together. Writes that arrive
// while a commit is under way form the next batch: under load many of them share
// the locks, the statements and the flush to disk of one transaction, and a write
// that arrives alone does not wait for others. Writers occupy as few connections
// as there are workers, so that reads do not queue behind them.
package groupcommit

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// Commit does the writes of a batch in their order, in one transaction, and
// returns a result for each. A write that is refused has a result that says so
// and does not affect the others. If Commit returns an error, no write was done,
// or the answer of the database was lost. Its context does not end with any
// caller. For a batch it is impatient (sqldb.Impatient): writes that wait for a lock
// are then committed one by one. Single writes may be committed at the same time,
// whatever the number of workers.
type Commit[W, R any] func(ctx context.Context, writes []W) ([]R, error)

// Options configure a queue. Zero values mean the defaults.
type Options struct {
	MaxBatch int           // most writes in one commit; 100
	MaxQueue int           // most writes that wait for a commit; 2,000
	Workers  int           // most commits at the same time; 1
	Timeout  time.Duration // of one commit; 3 s
}

const (
	defaultMaxBatch = 100
	defaultMaxQueue = 2000
	defaultTimeout  = 3 * time.Second
)

// The refusals of a queue. Such a write was not done.
var (
	errFull   = errs.New(errs.Exhausted, "", "too many writes at once, please try again")
	errClosed = errs.New(errs.Unavailable, "", "the program is ending")
)

// Queue collects writes and commits them in batches. It is safe for concurrent use.
type Queue[W, R any] struct {
	commit  Commit[W, R]
	options Options

	mu      sync.Mutex
	waiting []*write[W, R] // in order of arrival
	workers int            // running goroutines; each ends when nothing waits
	closed  bool

	running sync.WaitGroup
}

// write is one call of Do.
type write[W, R any] struct {
	content W
	left    <-chan struct{} // closed when the caller has given up
	answer  chan answer[R]  // buffered, because the caller may have given up
}

type answer[R any] struct {
	result R
	err    error
}

// New returns a queue that commits by the given function. It has no goroutine
// while nothing waits.
func New[W, R any](commit Commit[W, R], o Options) *Queue[W, R] {
	if o.MaxBatch <= 0 {
		o.MaxBatch = defaultMaxBatch
	}
	if o.MaxQueue <= 0 {
		o.MaxQueue = defaultMaxQueue
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	o.Workers = max(o.Workers, 1)
	return &Queue[W, R]{commit: commit, options: o}
}

// Do commits a write, possibly together with others, and returns its result after
// the commit. If ctx ends while the write waits for its commit, it is not done.
// If ctx ends during the commit, Do returns at once and the commit goes on, so
// that the outcome is unknown to the caller. A full queue refuses the write
// (Exhausted), a closed one too (Unavailable).
func (q *Queue[W, R]) Do(ctx context.Context, content W) (R, error) {
	const op = "groupcommit.Do"
	var none R
	w := &write[W, R]{content: content, left: ctx.Done(), answer: make(chan answer[R], 1)}
	if err := q.add(w); err != nil {
		return none, errs.Wrap(op, err)
	}
	select {
	case a := <-w.answer:
		return a.result, a.err
	case <-ctx.Done():
	}
	q.remove(w)
	select {
	case a := <-w.answer: // it came at the same moment
		return a.result, a.err
	default:
		return none, errs.Wrap(op, ctx.Err())
	}
}

// Close commits what waits, and returns when the last commit has ended. Later
// writes are refused. The error is nil.
func (q *Queue[W, R]) Close() error {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.running.Wait()
	return nil
}

func (q *Queue[W, R]) add(w *write[W, R]) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return errClosed
	case len(q.waiting) >= q.options.MaxQueue:
		return errFull
	}
	q.waiting = append(q.waiting, w)
	if q.workers < q.options.Workers {
		q.workers++
		q.running.Go(q.work)
	}
	return nil
}

// remove takes a write out that still waits.
func (q *Queue[W, R]) remove(w *write[W, R]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiting, w); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
}

// work commits batches until nothing waits.
func (q *Queue[W, R]) work() {
	for {
		batch := q.take()
		if len(batch) == 0 {
			return
		}
		q.do(batch)
	}
}

// take returns the next batch without the writes whose callers have given up. If
// there is none, the worker has ended.
func (q *Queue[W, R]) take() []*write[W, R] {
	q.mu.Lock()
	defer q.mu.Unlock()
	var batch []*write[W, R]
	taken := 0
	for _, w := range q.waiting {
		if len(batch) == q.options.MaxBatch {
			break
		}
		taken++
		select {
		case <-w.left:
		default:
			batch = append(batch, w)
		}
	}
	q.waiting = slices.Delete(q.waiting, 0, taken)
	if len(batch) == 0 {
		q.workers--
	}
	return batch
}

// do commits a batch and answers its callers. If the batch fails because of one
// of its writes, its halves are committed one after the other, which leaves the
// others unharmed.
func (q *Queue[W, R]) do(batch []*write[W, R]) {
	ctx := context.Background()
	if len(batch) > 1 {
		ctx = sqldb.Impatient(ctx)
	}
	results, err := q.try(ctx, batch)
	if len(batch) > 1 && sqldb.IsLockConflict(err) {
		q.doEach(batch, err)
		return
	}
	if err != nil && len(batch) > 1 && mayDependOnOne(err) {
		half := len(batch) / 2
		q.do(batch[:half])
		q.do(batch[half:])
		return
	}
	for i, w := range batch {
		if err != nil {
			w.answer <- answer[R]{err: err}
		} else {
			w.answer <- answer[R]{result: results[i]}
		}
	}
}

// splitWorkers is how many writes of a split batch are committed at the same time:
// one that waits for a lock must not delay the others.
const splitWorkers = 8

// doEach commits the writes of a batch one by one, because some of them wait for a
// lock that another transaction keeps. It takes at most as long as one commit may,
// and a bit; then the rest fails like the batch.
func (q *Queue[W, R]) doEach(batch []*write[W, R], cause error) {
	ctx, cancel := context.WithTimeout(sqldb.Impatient(context.Background()), q.options.Timeout)
	defer cancel()
	var group errgroup.Group
	group.SetLimit(splitWorkers)
	for _, w := range batch {
		group.Go(func() error {
			a := answer[R]{err: cause}
			if ctx.Err() == nil {
				var results []R
				if results, a.err = q.try(ctx, []*write[W, R]{w}); a.err == nil {
					a.result = results[0]
				}
			}
			w.answer <- a
			return nil
		})
	}
	_ = group.Wait() // each caller has its own error
}

// mayDependOnOne reports whether a batch without one of its writes might succeed.
// A database that is down or busy fails all alike, and each attempt costs time.
func mayDependOnOne(err error) bool {
	switch errs.CodeOf(err) {
	case errs.Unavailable, errs.Timeout, errs.Exhausted:
		return false
	default:
		return true
	}
}

// try commits a batch once. A panic becomes an error: the worker must go on, and
// the panic may be due to one write.
func (q *Queue[W, R]) try(ctx context.Context, batch []*write[W, R]) (results []R, err error) {
	const op = "groupcommit.Commit"
	defer func() {
		if cause := recover(); cause != nil {
			err = errs.Wrap(op, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, q.options.Timeout)
	defer cancel()
	contents := make([]W, len(batch))
	for i, w := range batch {
		contents[i] = w.content
	}
	results, err = q.commit(ctx, contents)
	if err == nil && len(results) != len(batch) {
		err = fmt.Errorf("%d results for %d writes", len(results), len(batch))
	}
	return results, errs.Wrap(op, err)
}
