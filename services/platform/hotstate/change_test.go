package hotstate_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// A reader may learn of a change before the writer gets its answer.
func TestChangeIsVisibleFromItsCommitOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := newFakeStates()
		store := newStore(states)
		docs := hotstate.For[count](store, ttl)
		var truth rows
		truth.value.Store(1)
		mustLoad(t, docs, truth.rebuild(nil), 1)
		before := states.seen()
		err := store.Change(t.Context(), []string{"k"}, func(context.Context) error {
			if calls := states.seen() - before; calls != 1 {
				t.Errorf("%d calls before the commit, want 1", calls)
			}
			truth.value.Store(2) // committed; the writer has no answer yet
			mustMiss(t, docs)
			mustLoad(t, docs, truth.rebuild(nil), 2)
			before = states.seen()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if calls := states.seen() - before; calls != 0 {
			t.Errorf("%d calls after a quick commit, want 0", calls)
		}
		mustMiss(t, docs)
		mustLoad(t, docs, truth.rebuild(nil), 2)
	})
}

// A rebuild may read its rows just before the commit and take as long as a load
// may take.
func TestRebuildFromRowsBeforeTheCommitIsNotStored(t *testing.T) {
	for _, commitTakes := range []time.Duration{0, 499 * time.Millisecond, 501 * time.Millisecond, 6 * time.Second} {
		t.Run(commitTakes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(newFakeStates())
				docs := hotstate.For[count](store, ttl)
				var truth rows
				truth.value.Store(1)
				release := make(chan struct{})
				var slow sync.WaitGroup
				err := store.Change(t.Context(), []string{"k"}, func(context.Context) error {
					time.Sleep(commitTakes)
					slow.Go(func() { mustLoad(t, docs, truth.rebuild(release), 1) })
					synctest.Wait()
					truth.value.Store(2)
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(3999 * time.Millisecond)
				close(release)
				slow.Wait()
				mustMiss(t, docs)
				time.Sleep(2 * time.Second) // the invalidated entry expires
				mustMiss(t, docs)
				mustLoad(t, docs, truth.rebuild(nil), 2)
			})
		})
	}
}

func TestChangeInvalidatesAgainAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := newFakeStates()
		store := newStore(states)
		// Another program reads the documents; the failure does not keep it from that.
		docs := hotstate.For[count](newStore(states), ttl)
		docs.Put(t.Context(), "k", wrapperspb.Int64(1))
		states.set(fails)
		refused := errors.New("refused")
		err := store.Change(t.Context(), []string{"k"}, func(context.Context) error {
			states.set(works)
			mustGet(t, docs, 1)
			return refused // its commit may have succeeded all the same
		})
		if !errors.Is(err, refused) {
			t.Errorf("the error is %v, want that of the commit", err)
		}
		mustMiss(t, docs)
	})
}
