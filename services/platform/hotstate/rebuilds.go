package hotstate

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// rebuilds lets concurrent callers of one key share a load. Unlike
// x/sync/singleflight, callers never join a load already in progress: it may
// have read its rows before a change that the caller knows of. Such callers wait
// for the next load and share that one.
type rebuilds[T any] struct {
	mu   sync.Mutex
	keys map[string]*queue[T]
}

// queue holds the loads of one key.
type queue[T any] struct {
	running *load[T]
	next    *load[T] // nil: no caller waits
}

// load is one shared load; result and err are set before done is closed.
type load[T any] struct {
	ctx    context.Context // of the first caller, without its cancellation
	do     func(context.Context) (T, error)
	done   chan struct{}
	result T
	err    error
}

func newRebuilds[T any]() *rebuilds[T] {
	return &rebuilds[T]{keys: make(map[string]*queue[T])}
}

// join returns the result of a load that begins after the call of join, or an
// error as soon as ctx ends.
func (r *rebuilds[T]) join(ctx context.Context, key string, do func(context.Context) (T, error)) (T, error) {
	mine := r.enter(ctx, key, do)
	select {
	case <-mine.done:
		return mine.result, mine.err
	case <-ctx.Done():
		var none T
		return none, errs.Wrap("hotstate.Load", ctx.Err())
	}
}

func (r *rebuilds[T]) enter(ctx context.Context, key string, do func(context.Context) (T, error)) *load[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.keys[key]
	if q != nil && q.next != nil {
		return q.next
	}
	mine := &load[T]{ctx: context.WithoutCancel(ctx), do: do, done: make(chan struct{})}
	if q != nil {
		q.next = mine
		return mine
	}
	q = &queue[T]{running: mine}
	r.keys[key] = q
	go r.run(key, q)
	return mine
}

// run executes the loads of a key until no caller waits. Each has a deadline.
func (r *rebuilds[T]) run(key string, q *queue[T]) {
	for current := q.running; current != nil; current = r.advance(key, q) {
		current.run()
	}
}

// advance makes the next load the running one and returns it.
func (r *rebuilds[T]) advance(key string, q *queue[T]) *load[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	q.running, q.next = q.next, nil
	if q.running == nil {
		delete(r.keys, key)
	}
	return q.running
}

func (l *load[T]) run() {
	defer close(l.done)
	ctx, cancel := context.WithTimeout(l.ctx, loadTimeout)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			l.err = &errs.Error{Code: errs.Internal, Op: "hotstate.Load", Cause: fmt.Errorf("panic: %v\n%s", value, debug.Stack())}
		}
	}()
	l.result, l.err = l.do(ctx)
}
