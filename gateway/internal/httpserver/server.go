// Package httpserver runs the public HTTP server and answers its health probes.
package httpserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// For the head of a request: enough for a phone on a bad line, too short for a
	// client that sends a byte a second.
	headTimeout = 10 * time.Second

	// For a connection between two requests.
	idleTimeout = 2 * time.Minute

	// Names and texts travel in the query, nine bytes for a wide character. A text
	// that is far too long should still get an answer that says so.
	maxHeadBytes = 512 << 10

	// At shutdown: how long requests in flight may continue, and then how long they
	// may clean up.
	drainRequests = 10 * time.Second
	drainCleanup  = 3 * time.Second
)

// Serve answers on the listener until ctx ends. Then it stops accepting, lets
// requests in flight finish, cancels those that take too long and waits for their
// cleanup. There is no timeout on whole requests, because an upload may take any
// time: bodies and answers have rolling deadlines.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	// Requests outlive ctx, until they are cancelled.
	requestCtx, cancelRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelRequests()
	var requests inFlightCount
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests.add(1)
			defer requests.add(-1)
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: headTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeadBytes,
		BaseContext:       func(net.Listener) context.Context { return requestCtx },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	drainCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainRequests)
	defer cancel()
	err := server.Shutdown(drainCtx)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests cancelled at shutdown", "after", drainRequests.String())
		cancelRequests()
		err = server.Close()
		requests.waitAtMost(drainCleanup)
	}
	<-failed //nolint:errcheck // http.ErrServerClosed
	return err
}

// inFlightCount counts requests. (Add must not be called while a WaitGroup is
// waited for, and a request may begin at any moment.)
type inFlightCount struct {
	mu    sync.Mutex
	count int
	idle  chan struct{} // closed when the count falls to 0; nil without a waiter
}

func (c *inFlightCount) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count += n; c.count == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// waitAtMost waits until no request is in flight, for d at most.
func (c *inFlightCount) waitAtMost(d time.Duration) {
	c.mu.Lock()
	if c.count == 0 {
		c.mu.Unlock()
		return
	}
	if c.idle == nil {
		c.idle = make(chan struct{})
	}
	idle := c.idle
	c.mu.Unlock()
	select {
	case <-idle:
	case <-time.After(d):
	}
}
