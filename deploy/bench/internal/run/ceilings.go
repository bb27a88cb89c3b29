package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/ceiling"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/endpoint"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/load"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/report"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stack"
)

// fixed repeats one request and wants one body.
type fixed struct{ request, want []byte }

func (f fixed) Next() []byte { return f.request }

func (f fixed) Check(body []byte) error {
	if !bytes.Equal(body, f.want) {
		return fmt.Errorf("%d bytes, want %d", len(body), len(f.want))
	}
	return nil
}

// Ceilings measures a Gin handler with the bytes of the anonymous feed and one with
// a small answer, in a process of its own.
func (b *Bench) Ceilings(ctx context.Context, port int) (results []report.Result, err error) {
	conn := load.NewConn(b.env.Addr, b.options.Timeout)
	defer conn.Close()
	status, feed, err := conn.Do(ctx, endpoint.FeedRequest(b.env))
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("bytes of the feed: HTTP status %d, %w", status, err)
	}
	feed = slices.Clone(feed)
	server, err := ceiling.Start(ctx, port, feed)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	meter := b.meter.With(stack.Part{Name: "gin", PID: server.PID})
	for _, c := range []struct {
		name, title, path string
		want              []byte
	}{
		{"gin-feed", fmt.Sprintf("Gin, the feed's %d bytes", len(feed)), ceiling.PathFeed, feed},
		{"gin-small", fmt.Sprintf("Gin, %d bytes", ceiling.SmallSize), ceiling.PathSmall, ceiling.Small()},
	} {
		var done atomic.Int64
		w := window{meter: meter, done: &done}
		request := []byte("GET " + c.path + " HTTP/1.1\r\nHost: " + server.Addr + "\r\n\r\n")
		run := load.Closed(ctx, load.Options{
			Addr: server.Addr, Sources: slices.Repeat([]load.Source{fixed{request, c.want}}, b.options.Connections),
			Timeout: b.options.Timeout, Warmup: b.options.Duration / warmup, Duration: b.options.Duration, Done: &done,
			Warm: func() { w.fail(w.open(ctx)) },
		})
		if err := w.close(ctx); err != nil {
			return nil, err
		}
		results = append(results, report.NewResult(c.name, c.title, run, w.spent, w.took, w.requests))
	}
	return results, nil
}
