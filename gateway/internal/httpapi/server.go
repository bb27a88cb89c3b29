package httpapi

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
	// The head of a request: from a phone on a bad line, not from somebody who
	// sends a byte a second.
	headTimeout = 10 * time.Second

	// Connections between requests.
	idleTimeout = 2 * time.Minute

	// Names and texts travel in the query, nine bytes for one wide character; one
	// that is far too long should still get an answer that says so.
	maxHeadBytes = 512 << 10

	// What is in flight at the end may take so long, and then so long again to
	// clean up after itself.
	drainRequests = 10 * time.Second
	drainCleanup  = 3 * time.Second
)

// Serve answers on the listener until ctx ends, then stops accepting, lets
// requests in flight finish, cuts off those that take too long and waits for
// their cleaning up. There is no timeout on whole requests, because an upload
// may take as long as it takes: bodies and answers have rolling deadlines.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	// Requests live on when ctx ends, until they are cut off.
	lasting, cutOff := context.WithCancel(context.WithoutCancel(ctx))
	defer cutOff()
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
		BaseContext:       func(net.Listener) context.Context { return lasting },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainRequests)
	defer cancel()
	err := server.Shutdown(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests cut off at the end", "after", drainRequests.String())
		cutOff()
		err = server.Close()
		requests.waitAtMost(drainCleanup)
	}
	<-failed //nolint:errcheck // http.ErrServerClosed
	return err
}

// inFlightCount counts requests. (A WaitGroup must not be added to while it is
// waited for, and a request may begin at any moment.)
type inFlightCount struct {
	mu    sync.Mutex
	count int
	idle  chan struct{} // closed when the count falls to 0; nil while nobody waits
}

func (c *inFlightCount) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count += n; c.count == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// waitAtMost waits until no request is being handled.
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
