package hotstate_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// openFor is slightly longer than the breaker stays open.
const openFor = time.Second + time.Millisecond

// took measures a duration in virtual time.
func took(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}

func TestHangingStateStoreStopsCostingTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := newFakeStates()
		docs := hotstate.For[count](newStore(states), ttl)
		docs.Put(t.Context(), "k", wrapperspb.Int64(1))
		states.set(hangs)
		for i := range 5 {
			if d := took(func() { mustMiss(t, docs) }); d != 150*time.Millisecond {
				t.Fatalf("read %d of a hanging store took %v", i, d)
			}
		}
		before := states.seen()
		var truth rows
		truth.value.Store(2)
		if d := took(func() {
			mustMiss(t, docs)
			mustLoad(t, docs, truth.rebuild(nil), 2)
		}); d != 0 || states.seen() != before {
			t.Fatalf("with an open breaker: took %v, %d calls", d, states.seen()-before)
		}

		time.Sleep(openFor)
		if d := took(func() { mustMiss(t, docs) }); d != 150*time.Millisecond {
			t.Fatalf("the trial took %v", d)
		}
		if d := took(func() { mustMiss(t, docs) }); d != 0 {
			t.Fatalf("after a failed trial: took %v", d)
		}

		states.set(works)
		time.Sleep(openFor)
		mustMiss(t, docs) // owners first invalidate what changed meanwhile
		time.Sleep(time.Second)
		mustGet(t, docs, 1)
	})
}

func TestCallersThatLeaveDoNotOpenTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := newFakeStates()
		docs := hotstate.For[count](newStore(states), ttl)
		docs.Put(t.Context(), "k", wrapperspb.Int64(1))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 20 {
			docs.Get(gone, "k")
		}
		mustGet(t, docs, 1)
	})
}

func TestInvalidateIsTriedWhileTheBreakerIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := newFakeStates()
		store := newStore(states)
		docs := hotstate.For[count](store, ttl)
		docs.Put(t.Context(), "k", wrapperspb.Int64(1))
		states.set(fails)
		for range 5 {
			mustMiss(t, docs)
		}
		states.set(works)
		if err := store.Invalidate(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(openFor)
		mustMiss(t, docs)
	})
}

func TestInvalidateIsBoundedAndOutlivesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := newFakeStates()
		store := newStore(states)
		docs := hotstate.For[count](store, ttl)
		docs.Put(t.Context(), "k", wrapperspb.Int64(1))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := store.Invalidate(gone, "k"); err != nil {
			t.Fatalf("with a cancelled caller: %v", err)
		}
		mustMiss(t, docs)

		states.set(hangs)
		var err error
		if d := took(func() { err = store.Invalidate(t.Context(), "k") }); d != 500*time.Millisecond || err == nil {
			t.Errorf("with a hanging store: %v after %v", err, d)
		}
	})
}
