//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// measured is how long the benchmark measures an idle and a busy stack.
const measured = 15 * time.Second

// BenchmarkAPIWhileVideosProcess measures how long requests take on an idle stack and
// while ten videos are processed. Run it with -benchtime 1x: the number of requests
// depends on the time.
func BenchmarkAPIWhileVideosProcess(b *testing.B) {
	p := e2etest.NewPhone()
	author, fan := e2etest.NewAccount(b, p), e2etest.NewAccount(b, p)
	video := e2etest.Publish(b, p, author, "watched", e2etest.SmallVideo(b))
	requests := []e2etest.Step{
		{Name: "feed", Do: func(ctx context.Context) error { return e2etest.Acknowledged(p.Feed(ctx, 0, "")) }},
		{Name: "feed+token", Do: func(ctx context.Context) error { return e2etest.Acknowledged(p.Feed(ctx, 0, fan.Token)) }},
		{Name: "profile", Do: func(ctx context.Context) error { return e2etest.Acknowledged(p.Profile(ctx, author.ID, fan.Token)) }},
		{Name: "publish/list", Do: func(ctx context.Context) error {
			return e2etest.Acknowledged(p.PublishList(ctx, author.ID, fan.Token, client.Page{}))
		}},
		{Name: "like", Do: func(ctx context.Context) error {
			if err := e2etest.Acknowledged(p.Like(ctx, fan.Token, video.ID, true)); err != nil {
				return err
			}
			return e2etest.Acknowledged(p.Like(ctx, fan.Token, video.ID, false))
		}},
		{Name: "message", Do: func(ctx context.Context) error {
			return e2etest.Acknowledged(p.SendMessage(ctx, fan.Token, author.ID, "hello", ""))
		}},
	}
	e2etest.WaitIdle(b)
	b.Run("idle", func(b *testing.B) { latencies(b, requests, func() bool { return true }) })

	const videos = 10
	ids := make([]int64, videos)
	for i := range videos {
		r := e2etest.Must(p.Publish(b.Context(), author.Token, fmt.Sprintf("work %d", i), bytes.NewReader(e2etest.SlowVideo(b))))(b)
		e2etest.Accepted(b, r)
		ids[i] = r.VideoID
	}
	db := e2etest.Database(b, "video")
	busy := func() bool {
		n, err := e2etest.Count(b.Context(), db, "SELECT COUNT(*) FROM jobs")
		return err == nil && n > 0
	}
	b.Run("processing", func(b *testing.B) { latencies(b, requests, busy) })
	for _, id := range ids {
		e2etest.WaitReady(b, p, author, id)
	}
}

// latencies repeats requests one after the other, as one phone does, while a
// condition holds, and reports the median and the 99th percentile of each.
func latencies(b *testing.B, requests []e2etest.Step, while func() bool) {
	took := map[string][]time.Duration{}
	end := time.Now().Add(measured)
	for time.Now().Before(end) && while() {
		for _, request := range requests {
			start := time.Now()
			if err := request.Do(b.Context()); err != nil {
				b.Fatalf("%s: %v", request.Name, err)
			}
			took[request.Name] = append(took[request.Name], time.Since(start))
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
