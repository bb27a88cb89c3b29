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
)

// rawUpload is a publish request written byte by byte on its own connection, so
// that it can lie about its length, stop in the middle or end early.
type rawUpload struct {
	conn net.Conn
}

const rawBoundary = "e2e-boundary"

// beginUpload sends the head of a publish request whose body is announced with
// the given length in bytes; below zero it is announced as chunked.
func beginUpload(t testing.TB, length int64) *rawUpload {
	t.Helper()
	u, err := url.Parse(baseURL())
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

// openFile starts the file field; its bytes follow.
func (r *rawUpload) openFile(t testing.TB) {
	t.Helper()
	r.write(t, fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.mp4\"\r\n"+
		"Content-Type: video/mp4\r\n\r\n", rawBoundary))
}

// answer reads the answer and how long it took to come.
func (r *rawUpload) answer(t testing.TB) (PublishReply, time.Duration) {
	t.Helper()
	start := time.Now()
	res, err := http.ReadResponse(bufio.NewReader(r.conn), &http.Request{Method: http.MethodPost})
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer res.Body.Close()
	return must(readReply[PublishReply](res))(t), time.Since(start)
}

// hangUp cuts the connection without a goodbye.
func (r *rawUpload) hangUp(t testing.TB) {
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
