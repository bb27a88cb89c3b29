package httpapi

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Refusals that concern the transport of a body.
var (
	errTooSlow     = errs.New(errs.Invalid, "BODY_TOO_SLOW", "the upload is too slow")
	errInterrupted = errs.New(errs.Invalid, "BODY_INTERRUPTED", "the upload was interrupted")
)

// How slowly a body may come. A fixed time for the whole of it would cut off
// large uploads on slow lines, so the time grows with what has come.
const (
	maxPause   = 20 * time.Second // between two pieces
	startGrace = 20 * time.Second // and in sum, beside the time due to minRate
	minRate    = 8 << 10          // bytes per second
)

// What is read of a body after it was refused, so that a client that writes all
// before it reads still sees the answer.
const (
	drainBytes = 64 << 20
	drainTime  = 10 * time.Second
	drainPause = 2 * time.Second
)

// guardedBody reads a request's body under a rolling deadline.
type guardedBody struct {
	body  io.ReadCloser
	conn  *http.ResponseController
	read  int64
	spent time.Duration // inside Read: waiting for us does not count against the client
	err   error         // how the body ended; io.EOF when it is complete
}

func guard(w http.ResponseWriter, r *http.Request) *guardedBody {
	g := &guardedBody{body: r.Body, conn: http.NewResponseController(w)}
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		g.err = io.EOF
		return g
	}
	r.Body = g
	return g
}

// Read reads on. An error stays.
func (g *guardedBody) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	due := startGrace + time.Duration(g.read/minRate)*time.Second - g.spent
	n, err := g.within(min(maxPause, due), p)
	if err != nil {
		g.err = err
	}
	return n, err
}

func (g *guardedBody) within(d time.Duration, p []byte) (int, error) {
	start := time.Now()
	// Writers without deadlines exist in tests only.
	_ = g.conn.SetReadDeadline(start.Add(d))
	n, err := g.body.Read(p)
	g.spent += time.Since(start)
	g.read += int64(n)
	if errors.Is(err, io.EOF) {
		// From here on the server listens for a hang-up; a deadline that passed
		// then would look like one.
		_ = g.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// Close leaves the rest to the server.
func (g *guardedBody) Close() error { return g.body.Close() }

// complete reports whether the body was read to its end.
func (g *guardedBody) complete() bool { return errors.Is(g.err, io.EOF) }

// drain reads and drops what is left, within limits. A client that waits for
// permission to send (Expect: 100-continue) has nothing on the way.
func (g *guardedBody) drain(r *http.Request) {
	if g.err != nil || (g.read == 0 && r.Header.Get("Expect") != "") {
		return
	}
	buffer := make([]byte, 64<<10)
	end := time.Now().Add(drainTime)
	for left := int64(drainBytes); left > 0 && time.Now().Before(end); {
		n, err := g.within(min(drainPause, time.Until(end)), buffer)
		if err != nil {
			g.err = err
			return
		}
		left -= int64(n)
	}
}

// bodyError says what a failed read of the body means for its sender.
func bodyError(err error) error {
	var already *errs.Error
	var network net.Error
	switch {
	case errors.As(err, &already):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return errTooSlow.WithCause(err)
	default:
		return errInterrupted.WithCause(err)
	}
}
