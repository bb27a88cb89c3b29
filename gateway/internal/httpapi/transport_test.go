package httpapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
)

// rawUpload is a publish request written by hand, so that it can lie, stop and
// hang up.
type rawUpload struct {
	conn net.Conn
	in   *bufio.Reader
}

func (r *rig) dial(t testing.TB, length int64, headers string) *rawUpload {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(15 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return open(t, conn, length, headers)
}

func open(t testing.TB, conn net.Conn, length int64, headers string) *rawUpload {
	t.Helper()
	u := &rawUpload{conn: conn, in: bufio.NewReader(conn)}
	u.write(t, fmt.Sprintf("POST /douyin/publish/action/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"+
		"Content-Type: multipart/form-data; boundary=B\r\n%s\r\n", length, headers))
	return u
}

func (u *rawUpload) write(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(u.conn, text); err != nil {
		t.Fatal(err)
	}
}

func (u *rawUpload) field(t testing.TB, name, value string) {
	t.Helper()
	u.write(t, fmt.Sprintf("--B\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, value))
}

func (u *rawUpload) file(t testing.TB, start []byte) {
	t.Helper()
	u.write(t, "--B\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.mp4\"\r\n\r\n"+string(start))
}

func (u *rawUpload) answer(t testing.TB) []byte {
	t.Helper()
	res, err := http.ReadResponse(u.in, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", res.Status, err)
	}
	return body
}

// Nobody should have to send half a gigabyte to hear no.
func TestAnnouncedSizeIsRefusedAtOnce(t *testing.T) {
	r := newRig(t, nil)
	up := r.dial(t, 100<<20, "")
	start := time.Now()
	wantCode(t, "announced too large", up.answer(t), 3003)
	if took := time.Since(start); took > time.Second {
		t.Errorf("the refusal took %s", took)
	}
	// A client that asks first does not even get the permission to send.
	wantCode(t, "asked first", r.dial(t, 100<<20, "Expect: 100-continue\r\n").answer(t), 3003)
}

// Phones write everything before they read. They see the answer all the same.
func TestRefusalReachesAClientThatWritesFirst(t *testing.T) {
	r := newRig(t, nil)
	const size = 8 << 20
	up := r.dial(t, size, "")
	up.write(t, strings.Repeat("x", size))
	wantCode(t, "too large", up.answer(t), 3003)

	r.users.Add("amy", "x")
	body, contentType := encodeForm(t, field("token", "bad"), file(movie(3000)))
	r.send(t, http.MethodPost, "/douyin/publish/action/", nil, contentType, bytes.NewReader(body))
	long := r.dial(t, 180_000, "")
	long.field(t, "token", "bad")
	long.file(t, movie(100_000))
	wantCode(t, "bad token", long.answer(t), 2001)
}

func TestClientThatHangsUpLeavesNothing(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	for _, tokenFirst := range []bool{true, false} {
		r.videos.Reset()
		up := r.dial(t, 60_000, "")
		if tokenFirst {
			up.field(t, "token", r.tokenOf(t, 1))
		}
		up.file(t, movie(30_000))
		if tokenFirst {
			within(t, "parts are stored", func() bool { return r.blobs.Len() > 0 })
		}
		up.conn.Close()
		if tokenFirst {
			within(t, "the upload is aborted", func() bool { return r.videos.Count("AbortUpload") == 1 })
		}
		r.nothingLeft(t, fmt.Sprintf("token first %t", tokenFirst))
	}
}

// A client that leaves after its last byte has published.
func TestClientThatLeavesAfterTheLastByte(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	body, contentType := encodeForm(t, field("token", r.tokenOf(t, 1)), field("title", "t"), file(movie(3000)))
	up := &rawUpload{}
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	up.conn = conn
	reached := make(chan struct{})
	r.blobs.OnPut = func(string) { <-reached }
	up.write(t, fmt.Sprintf("POST /douyin/publish/action/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nContent-Type: %s\r\n\r\n%s", len(body), contentType, body))
	within(t, "the upload has begun", func() bool { return r.blobs.Count("Put") > 0 })
	conn.Close()
	close(reached)
	within(t, "published or given up", func() bool { return r.videos.Open() == 0 })
	if len(r.videos.Published()) == 0 && r.blobs.Len() > 0 {
		t.Error("neither published nor cleaned up")
	}
}

func TestUploadsWaitForTheirTurnAndAreThenRefused(t *testing.T) {
	r := newRig(t, func(_ *httpapi.Deps, l *httpapi.UploadLimits) {
		l.AtOnce, l.PerUser, l.Wait = 3, 2, 100*time.Millisecond
	})
	r.users.Add("amy", "x")
	r.users.Add("bob", "x")
	r.users.Add("cat", "x")
	hold := make(chan struct{})
	r.blobs.OnPut = func(string) { <-hold }
	var held sync.WaitGroup
	begin := func(user int64, count int) {
		for range count {
			held.Go(func() {
				wantCode(t, "held upload", r.upload(t, nil, field("token", r.tokenOf(t, user)), field("title", "t"), file(movie(100))), 0)
			})
		}
	}
	begin(1, 2)
	within(t, "two uploads are under way", func() bool { return r.videos.Open() == 2 })
	wantCode(t, "a third of one user", r.upload(t, nil, field("token", r.tokenOf(t, 1)), field("title", "t"), file(movie(100))), 3008)
	wantCode(t, "a third of one user, file first", r.upload(t, nil, file(movie(100)), field("token", r.tokenOf(t, 1)), field("title", "t")), 3008)
	begin(2, 1)
	within(t, "three uploads are under way", func() bool { return r.videos.Open() == 3 })
	wantCode(t, "a fourth in all", r.upload(t, nil, field("token", r.tokenOf(t, 3)), field("title", "t"), file(movie(100))), 3008)
	close(hold)
	held.Wait()
	// All places are free again.
	for user := int64(1); user <= 3; user++ {
		wantCode(t, "afterwards", r.upload(t, nil, field("token", r.tokenOf(t, user)), field("title", "t"), file(movie(100))), 0)
	}
}

// More at once than there are places: those that have to wait get through.
func TestManyUploadsOfOneUser(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			parts := []part{file(movie(3000 + i)), field("token", r.tokenOf(t, 1)), field("title", "t")}
			if i%2 == 0 {
				parts[0], parts[2] = parts[2], parts[0]
			}
			wantCode(t, fmt.Sprint("upload ", i), r.upload(t, nil, parts...), 0)
		})
	}
	all.Wait()
	if n := len(r.videos.Published()); n != 16 {
		t.Errorf("%d videos", n)
	}
}
