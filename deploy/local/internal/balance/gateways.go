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
	askEvery   = 500 * time.Millisecond
	askTimeout = 1500 * time.Millisecond
)

// gateway is one target. It starts as a good one: nobody has complained yet.
type gateway struct {
	addr string
	bad  atomic.Bool // does not answer, or says that it is not ready
}

// gateways picks the gateway of each request.
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
			DisableCompression:    true, // bodies pass as they are
		},
	}
	for _, target := range targets {
		g.all = append(g.all, &gateway{addr: target})
	}
	return g
}

// candidates are all gateways, the one whose turn it is first, but the bad ones
// last: where all are bad, a request still finds out by itself.
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

// RoundTrip sends the request to one gateway, and to the next when the first
// can be shown not to have begun with it, or when it does no harm twice.
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
		refused := neverConnected(err)
		if refused && !next.bad.Swap(true) {
			g.log.Printf("gateway %s is left out: %v", next.addr, err)
		}
		if body.touched.Load() || !refused && !harmless(attempt) {
			break
		}
	}
	return nil, last
}

// neverConnected says that the gateway saw nothing of the request.
func neverConnected(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// harmless says that a request may reach two gateways.
func harmless(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && (r.Body == nil || r.Body == http.NoBody)
}

// watch asks every gateway again and again whether it is ready, until ctx ends.
func (g *gateways) watch(ctx context.Context) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var asking sync.WaitGroup
		for _, one := range g.all {
			asking.Go(func() {
				err := g.ask(ctx, one)
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
		asking.Wait()
	}
}

func (g *gateways) ask(ctx context.Context, one *gateway) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
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
	// The connection is used again only when the answer was read.
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz says %s", response.Status)
	}
	return nil
}
