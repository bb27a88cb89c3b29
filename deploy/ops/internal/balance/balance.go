// Package balance is a reverse proxy in front of several gateways: one address
// for clients, round robin, without the gateways that are down or not ready. It
// takes the place of the load balancer of a deployment and adds nothing to
// requests and responses; bodies stream both ways.
package balance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"time"
)

const (
	headTimeout = 10 * time.Second
	idleTimeout = 2 * time.Minute
	dialTimeout = time.Second
	// endTimeout bounds the current requests when the proxy stops.
	endTimeout = 2 * time.Second
	// idlePerGateway is the number of idle connections to a gateway.
	idlePerGateway = 64
)

// Proxy distributes requests. It listens and has goroutines until Close.
type Proxy struct {
	server   *http.Server
	gateways *gateways
	stop     context.CancelFunc
	watched  chan struct{}
	served   chan struct{}
}

// Listen listens on addr (host:port) and sends each request to one of the targets
// (host:port of gateways). It logs faults to w as JSON lines, without queries,
// which contain tokens.
func Listen(ctx context.Context, addr string, targets []string, w io.Writer) (*Proxy, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the proxy cannot listen: %w", err)
	}
	logger := slog.NewLogLogger(slog.NewJSONHandler(w, nil), slog.LevelWarn)
	all := newGateways(targets, logger)
	handler := &duplex{httputil.ReverseProxy{
		// The gateway gets the request unchanged, with its host and even a malformed
		// query. RoundTrip chooses the gateway.
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.RawQuery = "http", r.In.URL.RawQuery
		},
		Transport:     all,
		FlushInterval: -1,
		ErrorLog:      logger,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != nil {
				return // the client has disconnected
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
			logger.Printf("serving failed: %v", err)
		}
	}()
	return p, nil
}

// Close stops the proxy. Current requests may take a moment to complete.
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
