package hotstate

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// rebuilds lets callers that ask for the same key together share one load. In
// difference to x/sync/singleflight nobody joins a load that is under way: it
// may have read its rows before a change that the caller knows of. A caller who
// finds one waits for the next, which all who wait share.
type rebuilds[T any] struct {
	mu   sync.Mutex
	keys map[string]*turns[T]
}

// turns are the loads of one key: the one under way and, when somebody waits,
// the one after it.
type turns[T any] struct {
	running *load[T]
	next    *load[T]
}

// load is one shared load; result and err are set before done is closed.
type load[T any] struct {
	ctx    context.Context // of the caller who asked for it first, without its end
	do     func(context.Context) (T, error)
	done   chan struct{}
	result T
	err    error
}

func newRebuilds[T any]() *rebuilds[T] {
	return &rebuilds[T]{keys: make(map[string]*turns[T])}
}

// join returns the result of a load that began after the call of join, or an
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
	t := r.keys[key]
	if t != nil && t.next != nil {
		return t.next
	}
	mine := &load[T]{ctx: context.WithoutCancel(ctx), do: do, done: make(chan struct{})}
	if t != nil {
		t.next = mine
		return mine
	}
	t = &turns[T]{running: mine}
	r.keys[key] = t
	go r.run(key, t)
	return mine
}

// run does the loads of a key until nobody waits. Each ends by its deadline.
func (r *rebuilds[T]) run(key string, t *turns[T]) {
	for current := t.running; current != nil; current = r.turn(key, t) {
		current.run()
	}
}

func (r *rebuilds[T]) turn(key string, t *turns[T]) *load[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.running, t.next = t.next, nil
	if t.running == nil {
		delete(r.keys, key)
	}
	return t.running
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
