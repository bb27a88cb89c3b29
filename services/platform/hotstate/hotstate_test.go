package hotstate_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

const ttl = time.Minute

type count = *wrapperspb.Int64Value

func newStore(states hotstate.States) *hotstate.Store {
	return hotstate.New(states, slog.New(slog.DiscardHandler))
}

// rows is the data that documents are rebuilt from.
type rows struct {
	value    atomic.Int64
	rebuilds atomic.Int64
}

// rebuild reads the rows at once and returns when release is closed.
func (r *rows) rebuild(release <-chan struct{}) func(context.Context) (count, error) {
	return func(ctx context.Context) (count, error) {
		r.rebuilds.Add(1)
		read := r.value.Load()
		if release != nil {
			select {
			case <-release:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return wrapperspb.Int64(read), nil
	}
}

func mustGet(t *testing.T, docs hotstate.Document[count], want int64) {
	t.Helper()
	doc, ok := docs.Get(t.Context(), "k")
	if !ok || doc.GetValue() != want {
		t.Fatalf("Get = %v, %v; want %d", doc, ok, want)
	}
}

func mustMiss(t *testing.T, docs hotstate.Document[count]) {
	t.Helper()
	if doc, ok := docs.Get(t.Context(), "k"); ok {
		t.Fatalf("Get found %v; want a miss", doc)
	}
}

func mustLoad(t *testing.T, docs hotstate.Document[count], rebuild func(context.Context) (count, error), want int64) {
	t.Helper()
	doc, err := docs.Load(t.Context(), "k", rebuild)
	if err != nil || doc.GetValue() != want {
		t.Fatalf("Load = %v, %v; want %d", doc, err, want)
	}
}

func TestLoadStoresTheRebuiltDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := hotstate.For[count](newStore(newFakeStates()), ttl)
		var truth rows
		truth.value.Store(1)
		mustMiss(t, docs)
		mustLoad(t, docs, truth.rebuild(nil), 1)
		mustGet(t, docs, 1)
		mustLoad(t, docs, truth.rebuild(nil), 1)
		if n := truth.rebuilds.Load(); n != 1 {
			t.Errorf("%d rebuilds, want 1", n)
		}
		time.Sleep(ttl)
		mustMiss(t, docs)
	})
}

func TestInvalidatedDocumentIsMissingForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(newFakeStates())
		docs := hotstate.For[count](store, ttl)
		docs.Put(t.Context(), "k", wrapperspb.Int64(1))
		mustGet(t, docs, 1)
		if err := store.Invalidate(t.Context(), "k", "other"); err != nil {
			t.Fatal(err)
		}
		mustMiss(t, docs)
		docs.Put(t.Context(), "k", wrapperspb.Int64(2))
		mustMiss(t, docs)
		time.Sleep(4900 * time.Millisecond)
		docs.Put(t.Context(), "k", wrapperspb.Int64(2))
		mustMiss(t, docs)
		time.Sleep(100 * time.Millisecond)
		docs.Put(t.Context(), "k", wrapperspb.Int64(3))
		mustGet(t, docs, 3)
	})
}

// The race that invalidation by deletion would lose.
func TestRebuildFromOlderRowsIsNotSeenAfterAnInvalidation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(newFakeStates())
		docs := hotstate.For[count](store, ttl)
		var truth rows
		truth.value.Store(1)
		release := make(chan struct{})
		var slow sync.WaitGroup
		slow.Go(func() { mustLoad(t, docs, truth.rebuild(release), 1) })
		synctest.Wait() // the rebuild has read its rows

		truth.value.Store(2)
		if err := store.Invalidate(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		close(release)
		slow.Wait()
		mustMiss(t, docs)
		mustLoad(t, docs, truth.rebuild(nil), 2)
	})
}

func TestRebuildThatOutlivesTheInvalidatedEntryIsNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(newFakeStates())
		docs := hotstate.For[count](store, ttl)
		truth := rows{}
		truth.value.Store(1)
		mustLoad(t, docs, func(context.Context) (count, error) {
			old := truth.value.Load()
			truth.value.Store(2)
			if err := store.Invalidate(t.Context(), "k"); err != nil {
				return nil, err
			}
			time.Sleep(6 * time.Second) // ignores its deadline
			return wrapperspb.Int64(old), nil
		}, 1)
		mustMiss(t, docs)
	})
}

func TestLoadAfterAChangeDoesNotJoinAnOlderRebuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(newFakeStates())
		docs := hotstate.For[count](store, ttl)
		var truth rows
		truth.value.Store(1)
		release := make(chan struct{})
		var callers sync.WaitGroup
		callers.Go(func() { mustLoad(t, docs, truth.rebuild(release), 1) })
		synctest.Wait()

		truth.value.Store(2)
		if err := store.Invalidate(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			callers.Go(func() { mustLoad(t, docs, truth.rebuild(nil), 2) })
		}
		synctest.Wait()
		close(release)
		callers.Wait()
		if n := truth.rebuilds.Load(); n != 2 {
			t.Errorf("%d rebuilds for 21 callers, want 2", n)
		}
	})
}

func TestLoadGivesUpWithItsCallerOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := hotstate.For[count](newStore(newFakeStates()), ttl)
		var truth rows
		truth.value.Store(1)
		release := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := docs.Load(ctx, "k", truth.rebuild(release))
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("cancelled caller got %v", err)
		}
		close(release)
		synctest.Wait()
		mustGet(t, docs, 1)
	})
}

func TestLoadReturnsTheErrorsOfRebuild(t *testing.T) {
	docs := hotstate.For[count](newStore(newFakeStates()), ttl)
	refusal := errs.New(errs.NotFound, "NO_SUCH_THING", "no such thing")
	_, err := docs.Load(t.Context(), "k", func(context.Context) (count, error) { return nil, refusal })
	if errs.ReasonOf(err) != "NO_SUCH_THING" {
		t.Errorf("Load = %v", err)
	}
	_, err = docs.Load(t.Context(), "k", func(context.Context) (count, error) { panic("boom") })
	if errs.CodeOf(err) != errs.Internal {
		t.Errorf("Load over a panic = %v", err)
	}
	mustMiss(t, docs)
}

func TestSnapshotReadsSeveralTypesInOneRequest(t *testing.T) {
	states := newFakeStates()
	store := newStore(states)
	hotstate.For[count](store, ttl).Put(t.Context(), "number", wrapperspb.Int64(7))
	hotstate.For[*wrapperspb.StringValue](store, ttl).Put(t.Context(), "text", wrapperspb.String("seven"))
	if err := states.PutAll(t.Context(), map[string][]byte{"garbage": {0xff, 0xff}}, ttl); err != nil {
		t.Fatal(err)
	}
	before := states.seen()
	snapshot := store.Snapshot(t.Context(), "number", "text", "absent", "garbage")
	if n := states.seen() - before; n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	if doc, ok := hotstate.Read[count](snapshot, "number"); !ok || doc.GetValue() != 7 {
		t.Errorf("number = %v, %v", doc, ok)
	}
	if doc, ok := hotstate.Read[*wrapperspb.StringValue](snapshot, "text"); !ok || doc.GetValue() != "seven" {
		t.Errorf("text = %v, %v", doc, ok)
	}
	for _, key := range []string{"absent", "garbage", "never asked for"} {
		if doc, ok := hotstate.Read[count](snapshot, key); ok {
			t.Errorf("%s = %v", key, doc)
		}
	}
}
