package balance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	checkInterval = 500 * time.Millisecond
	checkTimeout  = 1500 * time.Millisecond
)

// gateway is one target. It counts as ready until a request or a check fails.
type gateway struct {
	addr string
	bad  atomic.Bool // does not answer or is not ready
}

// gateways chooses the gateway of each request.
type gateways struct {
	all       []*gateway
	turn      atomic.Uint64
	transport *http.Transport
	log       *log.Logger
}

var _ http.RoundTripper = (*gateways)(nil)

func newGateways(targets []string, logger *log.Logger) *gateways {
	g := &gateways{
		log: logger,
		transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
			MaxIdleConnsPerHost:   idlePerGateway,
			IdleConnTimeout:       idleTimeout / 2, // before the gateway's own
			ExpectContinueTimeout: time.Second,
			DisableCompression:    true, // bodies pass unchanged
		},
	}
	for _, target := range targets {
		g.all = append(g.all, &gateway{addr: target})
	}
	return g
}

// candidates lists all gateways, beginning with the next in turn, the bad ones
// last: if all are bad, a request still tries.
func (g *gateways) candidates() []*gateway {
	n := uint64(len(g.all))
	first := g.turn.Add(1)
	var good, bad []*gateway
	for i := range n {
		next := g.all[(first+i)%n]
		if next.bad.Load() {
			bad = append(bad, next)
		} else {
			good = append(good, next)
		}
	}
	return append(good, bad...)
}

// RoundTrip sends the request to one gateway, and to the next if the first did
// not receive it or the request is idempotent.
func (g *gateways) RoundTrip(request *http.Request) (*http.Response, error) {
	body := &tracked{from: request.Body}
	var last error
	for _, next := range g.candidates() {
		attempt := request.Clone(request.Context())
		attempt.URL.Host = next.addr
		if request.Body != nil && request.Body != http.NoBody {
			attempt.Body = body
		}
		response, err := g.transport.RoundTrip(attempt)
		if err == nil {
			return response, nil
		}
		last = err
		if request.Context().Err() != nil {
			break
		}
		refused := notSent(err)
		if refused && !next.bad.Swap(true) {
			g.log.Printf("gateway %s is left out: %v", next.addr, err)
		}
		if body.touched.Load() || !refused && !isIdempotent(attempt) {
			break
		}
	}
	return nil, last
}

// notSent reports whether the gateway received nothing of the request.
func notSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// isIdempotent reports whether a request may reach two gateways.
func isIdempotent(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && (r.Body == nil || r.Body == http.NoBody)
}

// watch checks the readiness of every gateway periodically until ctx ends.
func (g *gateways) watch(ctx context.Context) {
	tick := time.NewTicker(checkInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var checks sync.WaitGroup
		for _, one := range g.all {
			checks.Go(func() {
				err := g.check(ctx, one)
				if ctx.Err() != nil || one.bad.Swap(err != nil) == (err != nil) {
					return
				}
				if err != nil {
					g.log.Printf("gateway %s is left out: %v", one.addr, err)
					return
				}
				g.log.Printf("gateway %s is back", one.addr)
			})
		}
		checks.Wait()
	}
}

func (g *gateways) check(ctx context.Context, one *gateway) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+one.addr+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := g.transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	// The connection is reused only if the response was read.
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz: %s", response.Status)
	}
	return nil
}
