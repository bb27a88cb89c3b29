package request

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

// How slowly a body may arrive. A fixed timeout would cut off large uploads on
// slow lines, so the allowed time grows with the bytes received.
const (
	maxPause   = 20 * time.Second // between two reads
	startGrace = 20 * time.Second // in total, on top of the time that minRate allows
	minRate    = 8 << 10          // bytes per second
)

// How much of a refused body is still read, so that a client that sends its whole
// request before it reads sees the answer.
const (
	drainBytes = 64 << 20
	drainTime  = 10 * time.Second
	drainPause = 2 * time.Second
)

// guardedBody reads the body of a request under a rolling deadline.
type guardedBody struct {
	body  io.ReadCloser
	conn  *http.ResponseController
	read  int64
	spent time.Duration // inside Read: time that the gateway takes does not count against the client
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

// Read reads the body. After the first error it always returns that error.
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
	// Only response writers of tests lack deadlines.
	_ = g.conn.SetReadDeadline(start.Add(d))
	n, err := g.body.Read(p)
	g.spent += time.Since(start)
	g.read += int64(n)
	if errors.Is(err, io.EOF) {
		// From now on the server watches the connection for a disconnect; an
		// expired read deadline would look like one.
		_ = g.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// Close leaves the unread rest to the server.
func (g *guardedBody) Close() error { return g.body.Close() }

// complete reports whether the body was read to its end.
func (g *guardedBody) complete() bool { return errors.Is(g.err, io.EOF) }

// drain discards the rest of the body, within limits. A client that waits for
// permission to send (Expect: 100-continue) has not sent anything yet.
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

// BodyError converts the error of a failed read of the body into a refusal: too
// slow, or interrupted. An *errs.Error is returned as it is.
func BodyError(err error) error {
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
