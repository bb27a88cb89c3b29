package httpapi_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
)

// pipes is a listener whose connections live in memory, and so in the time of a
// synctest bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

// Accept returns the next connection.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (p *pipes) Close() error { p.once.Do(func() { close(p.done) }); return nil }

// Addr is of no use.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// newPipeRig is a gateway for a bubble.
func newPipeRig(t *testing.T, change func(*httpapi.Deps, *httpapi.UploadLimits)) (*rig, *pipes) {
	t.Helper()
	r := buildRig(t, change)
	listener := newPipes()
	serve(t, listener, r.handler, telemetry.NewLogger(r.log, slog.LevelDebug))
	return r, listener
}

// A body that stops coming, or only drips, is given up; one that is slow but
// steady is not.
func TestSlowBodies(t *testing.T) {
	const size = 2 << 20
	for _, c := range []struct {
		what  string
		chunk int
		every time.Duration
		fails bool
	}{
		{"steady, 16 KiB/s", 16 << 10, time.Second, false},
		{"bursts every 15 s", 256 << 10, 15 * time.Second, false},
		{"drips of a byte", 1, 5 * time.Second, true},
		{"stops", 1, 24 * time.Hour, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, listener := newPipeRig(t, func(_ *httpapi.Deps, l *httpapi.UploadLimits) { l.MaxBytes = size })
				r.users.Add("amy", "x")
				r.videos.MaxSize = size
				conn := listener.dial()
				start := time.Now()
				answered := make(chan []byte, 1)
				up := open(t, conn, size, "")
				go func() {
					defer close(answered)
					res, err := http.ReadResponse(up.in, nil)
					if err != nil {
						return
					}
					defer res.Body.Close()
					if body, err := io.ReadAll(res.Body); err == nil {
						answered <- body
					}
				}()
				up.field(t, "token", r.tokenOf(t, 1))
				up.file(t, movie(12))
				ticker := time.NewTicker(c.every)
				defer ticker.Stop()
				for sent := 0; sent < size/2; {
					select {
					case body := <-answered:
						took := time.Since(start)
						if !c.fails {
							t.Fatalf("given up after %s: %s", took, body)
						}
						wantCode(t, c.what, body, 1007)
						if took > time.Minute {
							t.Errorf("given up only after %s", took)
						}
						conn.Close()
						return
					case <-ticker.C:
						if _, err := conn.Write(bytes.Repeat([]byte("x"), c.chunk)); err == nil {
							sent += c.chunk
						}
					}
				}
				conn.Close()
				<-answered
				if c.fails {
					t.Error("was not given up")
				}
			})
		})
	}
}

// Somebody who takes a minute for the head of a request holds no connection.
func TestSlowHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, listener := newPipeRig(t, nil)
		conn := listener.dial()
		defer conn.Close()
		start := time.Now()
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			_, _ = io.Copy(io.Discard, conn)
		}()
		for {
			select {
			case <-closed:
				if took := time.Since(start); took > 30*time.Second {
					t.Errorf("closed after %s", took)
				}
				return
			case <-time.After(time.Second):
				_, _ = io.WriteString(conn, "G")
				if time.Since(start) > time.Hour {
					t.Fatal("the connection stays")
				}
			}
		}
	})
}
