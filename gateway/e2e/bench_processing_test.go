//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// measured is how long requests are measured in each state of the stack.
const measured = 15 * time.Second

// BenchmarkAPIWhileVideosProcess tells how long requests take on a calm stack,
// and while ten videos are being processed. Run it with -benchtime 1x: it
// decides by itself how many requests it makes.
func BenchmarkAPIWhileVideosProcess(b *testing.B) {
	p := newPhone()
	author, fan := newAccount(b, p), newAccount(b, p)
	video := published(b, p, author, "looked at", smallMP4(b))
	requests := []step{
		{name: "feed", do: func(ctx context.Context) error { return acknowledged(p.Feed(ctx, "", "")) }},
		{name: "feed+token", do: func(ctx context.Context) error { return acknowledged(p.Feed(ctx, "", fan.Token)) }},
		{name: "profile", do: func(ctx context.Context) error { return acknowledged(p.Profile(ctx, author.ID, fan.Token)) }},
		{name: "publish/list", do: func(ctx context.Context) error { return acknowledged(p.PublishList(ctx, author.ID, fan.Token)) }},
		{name: "like", do: func(ctx context.Context) error {
			if err := acknowledged(p.Like(ctx, fan.Token, video.ID, true)); err != nil {
				return err
			}
			return acknowledged(p.Like(ctx, fan.Token, video.ID, false))
		}},
		{name: "message", do: func(ctx context.Context) error { return acknowledged(p.Send(ctx, fan.Token, author.ID, "hello")) }},
	}
	calm(b)
	b.Run("calm", func(b *testing.B) { latencies(b, requests, func() bool { return true }) })

	const films = 10
	ids := make([]int64, films)
	for i := range films {
		r := must(p.Publish(b.Context(), author.Token, fmt.Sprintf("work %d", i), bytes.NewReader(longFilm(b))))(b)
		accepted(b, r)
		ids[i] = r.VideoID
	}
	db := database(b, "video")
	busy := func() bool {
		n, err := count(b.Context(), db, "SELECT COUNT(*) FROM jobs")
		return err == nil && n > 0
	}
	b.Run("processing", func(b *testing.B) { latencies(b, requests, busy) })
	for _, id := range ids {
		becomesReady(b, p, author, id)
	}
}

// latencies repeats requests one after the other, as one phone does, as long as
// the state of the stack is the wanted one, and reports the median and the 99th
// percentile of each.
func latencies(b *testing.B, requests []step, wanted func() bool) {
	took := map[string][]time.Duration{}
	end := time.Now().Add(measured)
	for time.Now().Before(end) && wanted() {
		for _, request := range requests {
			start := time.Now()
			if err := request.do(b.Context()); err != nil {
				b.Fatalf("%s: %v", request.name, err)
			}
			took[request.name] = append(took[request.name], time.Since(start))
		}
	}
	for name, all := range took {
		slices.Sort(all)
		ms := func(share float64) float64 {
			return float64(all[min(len(all)-1, int(share*float64(len(all))))].Microseconds()) / 1000
		}
		b.ReportMetric(ms(0.5), name+"-p50-ms")
		b.ReportMetric(ms(0.99), name+"-p99-ms")
	}
	b.ReportMetric(0, "ns/op")
}
