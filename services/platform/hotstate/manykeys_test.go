package hotstate_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate/hotstatetest"
)

// A batch of writes may touch more documents than a state store takes at once.
func TestManyKeysAreInvalidated(t *testing.T) {
	states := hotstatetest.New()
	store := hotstate.New(states, slog.New(slog.DiscardHandler))
	var keys []string
	for n := range 250 {
		keys = append(keys, fmt.Sprint("likes:", n), fmt.Sprint("likes:", n))
	}
	if err := store.Invalidate(t.Context(), keys...); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if !states.Invalidated(t, key) {
			t.Errorf("%s is not invalidated", key)
		}
	}
	if err := store.Invalidate(t.Context()); err != nil {
		t.Errorf("no keys: %v", err)
	}
	states.SetDown(true)
	if err := store.Invalidate(t.Context(), keys...); err == nil {
		t.Error("no error from a state store that is down")
	}
}
