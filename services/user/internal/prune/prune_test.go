package prune_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/user/internal/prune"
)

// recorded notes the calls and ends the context with the last one.
type recorded struct {
	calls []string
	end   context.CancelFunc
}

func (r *recorded) note(what string, before time.Time) {
	r.calls = append(r.calls, fmt.Sprint(what, " before day ", before.Unix()/(24*60*60)))
}

func (r *recorded) Sessions(_ context.Context, before time.Time) error {
	r.note("sessions", before)
	return errors.New("lock wait timeout")
}

func (r *recorded) TakenBack(_ context.Context, before time.Time) error {
	r.note("taken back", before)
	return nil
}

func (r *recorded) LongLists(_ context.Context, before time.Time) error {
	r.note("long lists", before)
	r.end()
	return nil
}

func TestEachKindHasItsAgeAndAFailureStopsNoOther(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	rows := &recorded{end: end}
	now := func() time.Time { return time.Unix(1_000*24*60*60, 0) }
	if err := prune.Run(ctx, rows, now, slog.New(slog.DiscardHandler)); err != nil {
		t.Error(err)
	}
	if want := []string{"sessions before day 900", "taken back before day 910", "long lists before day 910"}; !slices.Equal(rows.calls, want) {
		t.Errorf("calls %q, want %q", rows.calls, want)
	}
}
