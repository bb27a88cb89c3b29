package hotstate_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// retrying runs the retries of a store until the test ends.
func retrying(t *testing.T, store *hotstate.Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- store.RunRetries(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("RunRetries: %v", err)
		}
	})
}

func TestFailedInvalidationIsRetried(t *testing.T) {
	for name, mode := range map[string]fakeMode{"refused": fails, "unanswered": hangs} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				states := newFakeStates()
				owner, reader := newStore(states), newStore(states)
				retrying(t, owner)
				docs := hotstate.For[count](reader, time.Hour)
				docs.Put(t.Context(), "k", wrapperspb.Int64(1))
				docs.Put(t.Context(), "other", wrapperspb.Int64(1))

				states.set(mode)
				if owner.Invalidate(t.Context(), "k") == nil {
					t.Fatal("invalidated without a state store")
				}
				time.Sleep(time.Minute)
				states.set(works) // it still has its old documents
				time.Sleep(time.Second)
				mustMiss(t, docs)
				if _, ok := docs.Get(t.Context(), "other"); !ok {
					t.Error("a document is gone that was not invalidated")
				}

				time.Sleep(10 * time.Second)
				docs.Put(t.Context(), "k", wrapperspb.Int64(2))
				time.Sleep(10 * time.Second)
				mustGet(t, docs, 2) // retries end after their success
			})
		})
	}
}

// The owner does not read a document whose invalidation is pending.
func TestOwnerDoesNotReadPendingDocuments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := newFakeStates()
		owner := newStore(states)
		docs := hotstate.For[count](owner, time.Hour)
		docs.Put(t.Context(), "k", wrapperspb.Int64(1))
		docs.Put(t.Context(), "other", wrapperspb.Int64(3))
		states.set(fails)
		if owner.Invalidate(t.Context(), "k") == nil {
			t.Fatal("invalidated without a state store")
		}
		states.set(works)
		var truth rows
		truth.value.Store(2)
		mustLoad(t, docs, truth.rebuild(nil), 2)
		if doc, ok := hotstate.Read[count](owner.Snapshot(t.Context(), "k", "other"), "other"); !ok || doc.GetValue() != 3 {
			t.Errorf("other = %v, %v", doc, ok)
		}
	})
}

func TestManyFailedInvalidationsAreRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := newFakeStates()
		owner, reader := newStore(states), newStore(states)
		retrying(t, owner)
		docs := hotstate.For[count](reader, time.Hour)
		keys := make([]string, 1000)
		for i := range keys {
			keys[i] = string(rune('a' + i))
			docs.Put(t.Context(), keys[i], wrapperspb.Int64(1))
		}
		states.set(fails)
		for _, key := range keys {
			_ = owner.Invalidate(t.Context(), key)
		}
		states.set(works)
		time.Sleep(time.Second)
		for _, key := range keys {
			if _, ok := docs.Get(t.Context(), key); ok {
				t.Fatalf("the old document under %q is read", key)
			}
		}
	})
}

func TestOutageOfTheStateStoreIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := newFakeStates()
		var lines bytes.Buffer
		store := hotstate.New(states, slog.New(slog.NewTextHandler(&lines, nil)))
		retrying(t, store)
		for outage := 1; outage <= 2; outage++ {
			states.set(fails)
			for range 100 {
				_ = store.Invalidate(t.Context(), "k", "l")
			}
			states.set(works)
			time.Sleep(time.Second)
			synctest.Wait()
			if n := bytes.Count(lines.Bytes(), []byte("level=WARN")); n != outage {
				t.Errorf("%d warnings for %d outages", n, outage)
			}
		}
	})
}
