package letters

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
)

// ReplayOptions are the flags of a replay.
type ReplayOptions struct {
	All    bool `help:"Replay all letters; needed when no other flag selects letters."`
	DryRun bool `help:"Print which letters would be replayed and change nothing."`
	Force  bool `help:"Also replay letters that failed in 3 replays."`
	// Wait is longer than a service may need for one letter: its handler is tried
	// several times, for up to 45 s in all.
	Wait time.Duration `help:"How long to wait for the services without any progress." default:"90s"`
}

// Check refuses a replay that selects nothing.
func (o ReplayOptions) Check(f *Filter) error {
	if !f.selects() && !o.All {
		return tool.UsageError("replay needs a filter such as --app or --topic, or --all for every letter")
	}
	return f.Validate()
}

// RequestReplay requests a replay of the selected letters and waits until the services
// have done it. The services do the work, in the order of the letters; when this
// program is killed, they go on with the letters that are requested already. The
// error is ExitFound when a letter was refused, failed again or was not taken in
// time.
func (all Services) RequestReplay(ctx context.Context, f *Filter, o ReplayOptions, out io.Writer) error {
	found, err := all.find(ctx, f)
	if err != nil {
		return err
	}
	r := &replay{out: out, wait: o.Wait}
	for _, s := range all {
		plan := deadletter.NewPlan(of(s, found), o.Force)
		for _, refusal := range plan.Refused {
			r.attention = true
			r.printf("%s %d: refused, %s\n", s.Name, refusal.Letter.ID, refusal.Why)
		}
		if o.DryRun {
			for _, l := range plan.Letters {
				r.printf("%s %d: would be replayed, event %s of %s\n", s.Name, l.ID, l.EventID, l.SourceTopic)
			}
			continue
		}
		if err := plan.Request(ctx, s.DB); err != nil {
			return fmt.Errorf("dead letters of %s: %w", s.Name, err)
		}
		r.requested = append(r.requested, requested{s, plan.IDs()})
	}
	if !o.DryRun {
		if err := r.await(ctx); err != nil {
			return err
		}
	}
	if r.err == nil && r.attention {
		return tool.ExitCode(tool.ExitFound)
	}
	return r.err
}

// replay follows the requested letters of all services.
type replay struct {
	out       io.Writer
	wait      time.Duration
	requested []requested
	attention bool  // something needs the operator's attention
	err       error // of out
}

type requested struct {
	service Service
	ids     []int64
}

func (r *replay) printf(format string, args ...any) {
	if r.err == nil {
		_, r.err = fmt.Fprintf(r.out, format, args...)
	}
}

const (
	pollPause = 200 * time.Millisecond
	pollChunk = 500
)

// await prints the outcome of each service once no letter of it is requested any
// more, or when nothing has changed for too long.
func (r *replay) await(ctx context.Context) error {
	waiting := -1
	progress := time.Now()
	for {
		now := 0
		var left [][]deadletter.Letter
		for _, q := range r.requested {
			letters, err := q.left(ctx)
			if err != nil {
				return err
			}
			left = append(left, letters)
			now += count(letters, isRequested)
		}
		if now != waiting {
			waiting, progress = now, time.Now()
		}
		if waiting == 0 || time.Since(progress) > r.wait {
			for i, q := range r.requested {
				r.outcome(q, left[i])
			}
			return r.err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollPause):
		}
	}
}

// left are the letters of the request that still exist.
func (q requested) left(ctx context.Context) (letters []deadletter.Letter, err error) {
	for ids := range slices.Chunk(q.ids, pollChunk) {
		some, err := deadletter.List(ctx, q.service.DB, deadletter.Filter{IDs: ids})
		if err != nil {
			return nil, fmt.Errorf("dead letters of %s: %w", q.service.Name, err)
		}
		letters = append(letters, some...)
	}
	return letters, nil
}

func isRequested(l deadletter.Letter) bool { return l.RequestedMS != nil }

func count(letters []deadletter.Letter, holds func(deadletter.Letter) bool) (n int) {
	for _, l := range letters {
		if holds(l) {
			n++
		}
	}
	return n
}

func (r *replay) outcome(q requested, left []deadletter.Letter) {
	if len(q.ids) == 0 {
		return
	}
	waiting := count(left, isRequested)
	r.attention = r.attention || len(left) > 0
	for _, l := range left {
		if !isRequested(l) {
			r.printf("%s %d: failed again, %s\n", q.service.Name, l.ID, line(l.LastError))
		}
	}
	r.printf("%s: %d replayed, %d failed again\n", q.service.Name, len(q.ids)-len(left), len(left)-waiting)
	if waiting > 0 {
		r.printf("%s: %d letters wait for the service; it replays them as soon as it runs (`bin/douyin status`)\n", q.service.Name, waiting)
	}
}
