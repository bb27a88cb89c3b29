package balance

import (
	"io"
	"net/http"
	"net/http/httputil"
	"sync/atomic"
	"time"
)

// How much of a request is read after its response, as in the gateway.
const (
	drainBytes = 64 << 20
	drainTime  = 10 * time.Second
	drainPause = 2 * time.Second // without a byte
)

// duplex lets a response begin before the request has ended, as the refusal of an
// upload does, and then reads the rest of the request up to a bound: closing a
// connection with unread bytes can destroy the response.
type duplex struct{ proxy httputil.ReverseProxy }

func (d *duplex) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn := http.NewResponseController(w)
	if err := conn.EnableFullDuplex(); err != nil {
		d.proxy.ErrorHandler(w, r, err)
		return
	}
	body := &tracked{from: r.Body}
	if r.Body != http.NoBody {
		r.Body = body
	}
	d.proxy.ServeHTTP(w, r)
	waits := r.Header.Get("Expect") != "" && !body.touched.Load() // for "100 Continue"
	if r.Body == http.NoBody || waits || conn.Flush() != nil {
		return
	}
	drain(conn, body)
}

func drain(conn *http.ResponseController, body io.Reader) {
	buffer := make([]byte, 64<<10)
	end := time.Now().Add(drainTime)
	for left := drainBytes; left > 0 && time.Now().Before(end); {
		if err := conn.SetReadDeadline(time.Now().Add(drainPause)); err != nil {
			return
		}
		n, err := body.Read(buffer)
		if err != nil {
			break
		}
		left -= n
	}
	// The next request has its own deadlines. An error means that the connection is
	// closed.
	_ = conn.SetReadDeadline(time.Time{})
}

// tracked is the body of a request, which may be sent again until a byte of it was
// read. The server closes it.
type tracked struct {
	from    io.Reader
	touched atomic.Bool
}

func (t *tracked) Read(p []byte) (int, error) {
	t.touched.Store(true)
	return t.from.Read(p)
}

// Close does nothing: the server closes the body.
func (*tracked) Close() error { return nil }
