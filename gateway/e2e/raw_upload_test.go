//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// rawUpload is a publish request that is written step by step on a connection of its
// own, so that it can announce a wrong length, stop in the middle or end early.
type rawUpload struct {
	conn net.Conn
}

const rawBoundary = "e2e-boundary"

// beginUpload sends the header of a publish request and announces a body of so many
// bytes, or a chunked one if length is negative.
func beginUpload(t testing.TB, length int64) *rawUpload {
	t.Helper()
	u, err := url.Parse(e2etest.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialTimeout("tcp", u.Host, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Fatal(err)
	}
	size := fmt.Sprintf("Content-Length: %d", length)
	if length < 0 {
		size = "Transfer-Encoding: chunked"
	}
	r := &rawUpload{conn: conn}
	r.write(t, fmt.Sprintf("POST /douyin/publish/action/ HTTP/1.1\r\nHost: %s\r\n%s\r\n"+
		"Content-Type: multipart/form-data; boundary=%s\r\n\r\n", u.Host, size, rawBoundary))
	return r
}

func (r *rawUpload) write(t testing.TB, text string) {
	t.Helper()
	if _, err := r.conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// field is a text field of the form.
func (r *rawUpload) field(t testing.TB, name, value string) {
	t.Helper()
	r.write(t, fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", rawBoundary, name, value))
}

// openFile starts the file field. Its bytes follow.
func (r *rawUpload) openFile(t testing.TB) {
	t.Helper()
	r.write(t, fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.mp4\"\r\n"+
		"Content-Type: video/mp4\r\n\r\n", rawBoundary))
}

// response reads the response and returns how long it took.
func (r *rawUpload) response(t testing.TB) (client.PublishResponse, time.Duration) {
	t.Helper()
	start := time.Now()
	res, err := http.ReadResponse(bufio.NewReader(r.conn), &http.Request{Method: http.MethodPost})
	if err != nil {
		t.Fatalf("no response: %v", err)
	}
	defer res.Body.Close()
	return e2etest.Must(client.Read[client.PublishResponse](e2etest.NewPhone(), res))(t), time.Since(start)
}

// abort resets the connection.
func (r *rawUpload) abort(t testing.TB) {
	t.Helper()
	if tcp, ok := r.conn.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.conn.Close(); err != nil {
		t.Fatal(err)
	}
}
