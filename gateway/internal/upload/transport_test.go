package upload_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
)

// A client does not send half a gigabyte before it is refused.
func TestAnnouncedSizeIsRefusedAtOnce(t *testing.T) {
	h := apitest.New(t, nil)
	up := h.Dial(t, 100<<20, "")
	start := time.Now()
	apitest.WantCode(t, "announced too large", up.Answer(t), 3003)
	if took := time.Since(start); took > time.Second {
		t.Errorf("the refusal took %s", took)
	}
	// A client that asks first does not get the permission to send.
	apitest.WantCode(t, "asked first", h.Dial(t, 100<<20, "Expect: 100-continue\r\n").Answer(t), 3003)
}

// Phones write everything before they read, and still see the answer.
func TestRefusalReachesAClientThatWritesFirst(t *testing.T) {
	h := apitest.New(t, nil)
	const size = 8 << 20
	up := h.Dial(t, size, "")
	up.Write(t, strings.Repeat("x", size))
	apitest.WantCode(t, "too large", up.Answer(t), 3003)

	h.Users.Add("amy", "x")
	body, contentType := apitest.EncodeForm(t, apitest.Field("token", "bad"), apitest.File(apitest.Movie(3000)))
	h.Send(t, http.MethodPost, "/douyin/publish/action/", nil, contentType, bytes.NewReader(body))
	long := h.Dial(t, 180_000, "")
	long.Field(t, "token", "bad")
	long.File(t, apitest.Movie(100_000))
	apitest.WantCode(t, "bad token", long.Answer(t), 2001)
}

func TestClientThatDisconnectsLeavesNothing(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	for _, tokenFirst := range []bool{true, false} {
		h.Videos.Reset()
		up := h.Dial(t, 60_000, "")
		if tokenFirst {
			up.Field(t, "token", h.TokenOf(t, 1))
		}
		up.File(t, apitest.Movie(30_000))
		if tokenFirst {
			apitest.Within(t, "parts are stored", func() bool { return h.Blobs.Len() > 0 })
		}
		up.Conn.Close()
		if tokenFirst {
			apitest.Within(t, "the upload is aborted", func() bool { return h.Videos.Count("AbortUpload") == 1 })
		}
		h.NothingLeft(t, fmt.Sprintf("token first %t", tokenFirst))
	}
}

// A client that disconnects after its last byte has published.
func TestClientThatDisconnectsAfterTheLastByte(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	body, contentType := apitest.EncodeForm(t, apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t"), apitest.File(apitest.Movie(3000)))
	up := &apitest.RawUpload{}
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.Base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	up.Conn = conn
	reached := make(chan struct{})
	h.Blobs.OnPut = func(string) { <-reached }
	up.Write(t, fmt.Sprintf("POST /douyin/publish/action/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nContent-Type: %s\r\n\r\n%s", len(body), contentType, body))
	apitest.Within(t, "the upload has begun", func() bool { return h.Blobs.Count("Put") > 0 })
	conn.Close()
	close(reached)
	apitest.Within(t, "published or given up", func() bool { return h.Videos.Open() == 0 })
	if len(h.Videos.Published()) == 0 && h.Blobs.Len() > 0 {
		t.Error("neither published nor cleaned up")
	}
}

func TestUploadsWaitForASlotAndAreThenRefused(t *testing.T) {
	h := apitest.New(t, func(_ *httpapi.Deps, l *upload.Limits) {
		l.AtOnce, l.PerUser, l.Wait = 3, 2, 100*time.Millisecond
	})
	h.Users.Add("amy", "x")
	h.Users.Add("bob", "x")
	h.Users.Add("cat", "x")
	blocked := make(chan struct{})
	h.Blobs.OnPut = func(string) { <-blocked }
	var held sync.WaitGroup
	begin := func(user int64, count int) {
		for range count {
			held.Go(func() {
				apitest.WantCode(t, "held upload", h.Upload(t, nil, apitest.Field("token", h.TokenOf(t, user)), apitest.Field("title", "t"), apitest.File(apitest.Movie(100))), 0)
			})
		}
	}
	begin(1, 2)
	apitest.Within(t, "two uploads are under way", func() bool { return h.Videos.Open() == 2 })
	apitest.WantCode(t, "a third of one user", h.Upload(t, nil, apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t"), apitest.File(apitest.Movie(100))), 3008)
	apitest.WantCode(t, "a third of one user, file first", h.Upload(t, nil, apitest.File(apitest.Movie(100)), apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t")), 3008)
	begin(2, 1)
	apitest.Within(t, "three uploads are under way", func() bool { return h.Videos.Open() == 3 })
	apitest.WantCode(t, "a fourth in all", h.Upload(t, nil, apitest.Field("token", h.TokenOf(t, 3)), apitest.Field("title", "t"), apitest.File(apitest.Movie(100))), 3008)
	close(blocked)
	held.Wait()
	// All slots are free again.
	for user := int64(1); user <= 3; user++ {
		apitest.WantCode(t, "afterwards", h.Upload(t, nil, apitest.Field("token", h.TokenOf(t, user)), apitest.Field("title", "t"), apitest.File(apitest.Movie(100))), 0)
	}
}

// More at once than there are slots: the ones that wait succeed.
func TestManyUploadsOfOneUser(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			parts := []apitest.Part{apitest.File(apitest.Movie(3000 + i)), apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t")}
			if i%2 == 0 {
				parts[0], parts[2] = parts[2], parts[0]
			}
			apitest.WantCode(t, fmt.Sprint("upload ", i), h.Upload(t, nil, parts...), 0)
		})
	}
	all.Wait()
	if n := len(h.Videos.Published()); n != 16 {
		t.Errorf("%d videos", n)
	}
}
