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
	inFlight, cutOff := context.WithCancel(context.WithoutCancel(ctx))
	defer cutOff()
	var handling sync.RWMutex // read-locked by every request
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handling.RLock()
			defer handling.RUnlock()
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: headTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeadBytes,
		BaseContext:       func(net.Listener) context.Context { return inFlight },
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
		waitAtMost(&handling, drainCleanup)
	}
	<-failed // http.ErrServerClosed
	return err
}

// waitAtMost waits until no request is being handled.
func waitAtMost(handling *sync.RWMutex, d time.Duration) {
	idle := make(chan struct{})
	go func() {
		handling.Lock()
		close(idle)
	}()
	select {
	case <-idle:
	case <-time.After(d):
	}
}
