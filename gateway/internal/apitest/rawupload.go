package apitest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// RawUpload is a publish request written by hand, so that a test can announce a
// wrong size, pause and disconnect.
type RawUpload struct {
	Conn net.Conn
	in   *bufio.Reader
}

// Dial connects and announces a form of the given length.
func (h *Harness) Dial(t testing.TB, length int64, headers string) *RawUpload {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.Base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(15 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return OpenUpload(t, conn, length, headers)
}

// OpenUpload announces a form of the given length on a connection.
func OpenUpload(t testing.TB, conn net.Conn, length int64, headers string) *RawUpload {
	t.Helper()
	u := &RawUpload{Conn: conn, in: bufio.NewReader(conn)}
	u.Write(t, fmt.Sprintf("POST /douyin/publish/action/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"+
		"Content-Type: multipart/form-data; boundary=B\r\n%s\r\n", length, headers))
	return u
}

// Write sends text.
func (u *RawUpload) Write(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(u.Conn, text); err != nil {
		t.Fatal(err)
	}
}

// Field sends a field.
func (u *RawUpload) Field(t testing.TB, name, value string) {
	t.Helper()
	u.Write(t, fmt.Sprintf("--B\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, value))
}

// File begins the file.
func (u *RawUpload) File(t testing.TB, start []byte) {
	t.Helper()
	u.Write(t, "--B\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.mp4\"\r\n\r\n"+string(start))
}

// Answer reads the answer and returns its body.
func (u *RawUpload) Answer(t testing.TB) []byte {
	t.Helper()
	body, err := u.TryAnswer()
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	return body
}

// TryAnswer reads the answer, which must have the HTTP status 200.
func (u *RawUpload) TryAnswer() ([]byte, error) {
	res, err := http.ReadResponse(u.in, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %s", res.Status)
	}
	return io.ReadAll(res.Body)
}
