package chat_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
)

// oldPositions returns the given answers and ends the context with the last one.
type oldPositions struct {
	left   []int64 // answers to come
	err    error
	before []time.Time
	end    context.CancelFunc
}

func (o *oldPositions) PruneDeliveryPositions(_ context.Context, before time.Time) (int64, error) {
	o.before = append(o.before, before)
	if o.err != nil {
		o.end()
		return 0, o.err
	}
	n := o.left[0]
	if o.left = o.left[1:]; len(o.left) == 0 {
		o.end()
	}
	return n, nil
}

func TestOldPositionsAreDeletedUntilNoneAreLeft(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	positions := &oldPositions{left: []int64{1_000, 7, 0}, end: end}
	if err := chat.RunPruning(ctx, positions, fixed(), slog.New(slog.DiscardHandler)); err != nil {
		t.Error(err)
	}
	want := fixed()().Add(-90 * 24 * time.Hour)
	if !slices.Equal(positions.before, []time.Time{want, want, want}) {
		t.Errorf("deleted before %v, want %v", positions.before, want)
	}
}

func TestPruningEndsWithItsContext(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	failing := &oldPositions{err: errors.New("no database"), end: func() {}}
	done := make(chan error, 1)
	go func() {
		done <- chat.RunPruning(ctx, failing, fixed(), slog.New(slog.DiscardHandler))
	}()
	end()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still running after its context ended")
	}
}
