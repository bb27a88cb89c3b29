// Package balance is the reverse proxy before several gateways: one address for
// clients, requests handed round, a gateway that is down or not ready left out.
// It stands in for the balancer of a real deployment and adds nothing to
// requests and answers: bodies stream both ways.
package balance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"time"
)

const (
	headTimeout = 10 * time.Second
	idleTimeout = 2 * time.Minute
	dialTimeout = time.Second
	// endTimeout is how long requests under way may take when the proxy ends.
	endTimeout = 2 * time.Second
	// idlePerGateway is how many connections are kept for the next requests.
	idlePerGateway = 64
)

// Proxy hands requests round. It has an address and goroutines until Close.
type Proxy struct {
	server   *http.Server
	gateways *gateways
	stop     context.CancelFunc
	watched  chan struct{}
	served   chan struct{}
}

// Listen opens addr (host:port) and serves what comes there through the
// gateways, each host:port. Troubles are written to troubles, a line each, with
// no query in it: those hold tokens.
func Listen(ctx context.Context, addr string, targets []string, troubles io.Writer) (*Proxy, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the proxy cannot listen: %w", err)
	}
	logger := log.New(troubles, "", log.LstdFlags|log.LUTC)
	all := newGateways(targets, logger)
	handler := &duplex{httputil.ReverseProxy{
		// The gateway sees the request as it came, the name it was asked under and
		// an odd query included; which gateway, RoundTrip decides.
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.RawQuery = "http", r.In.URL.RawQuery
		},
		Transport:     all,
		FlushInterval: -1,
		ErrorLog:      logger,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != nil {
				return // the client went away
			}
			logger.Printf("%s %s: %v", r.Method, r.URL.Path, err)
			http.Error(w, "no gateway answers", http.StatusBadGateway)
		},
	}}
	watching, stop := context.WithCancel(context.Background())
	p := &Proxy{
		server: &http.Server{
			Handler: handler, ReadHeaderTimeout: headTimeout, IdleTimeout: idleTimeout, ErrorLog: logger,
		},
		gateways: all,
		stop:     stop,
		watched:  make(chan struct{}),
		served:   make(chan struct{}),
	}
	go func() {
		defer close(p.watched)
		all.watch(watching)
	}()
	go func() {
		defer close(p.served)
		if err := p.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Printf("the proxy ends: %v", err)
		}
	}()
	return p, nil
}

// Close ends the proxy; requests under way have a moment to be completed.
func (p *Proxy) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	err := p.server.Shutdown(ctx)
	if err != nil {
		err = p.server.Close()
	}
	p.stop()
	<-p.watched
	<-p.served
	p.gateways.transport.CloseIdleConnections()
	return err
}
