package request_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
)

// slowly reads one chunk per interval.
type slowly struct {
	io.Reader
	chunk int
	every time.Duration
}

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(s.every)
	return s.Reader.Read(p[:min(len(p), s.chunk)])
}

// A phone on a bad line gets the longest possible list; a client that does not
// read does not keep it in memory for ever.
func TestSlowReadersOfALongAnswer(t *testing.T) {
	for _, c := range []struct {
		what  string
		chunk int
		every time.Duration
		whole bool
	}{
		{"steady, 48 KiB/s", 4 << 10, time.Second / 12, true},
		{"drips, 64 bytes/s", 64, time.Second, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, listener := apitest.NewPiped(t, nil)
				amy := h.Users.Add("amy", "x")
				h.Videos.Add(amy, 1000, "cat")
				id := h.Videos.Published()[0].GetId()
				for range 1000 {
					post := &interactionv1.PostCommentRequest{UserId: amy, VideoId: id, Content: strings.Repeat("好", 500)}
					if _, err := h.Interactions.PostComment(t.Context(), post); err != nil {
						t.Fatal(err)
					}
				}
				conn := listener.Dial()
				defer conn.Close()
				if _, err := io.WriteString(conn, "GET /douyin/comment/list/?video_id=1001 HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				res, err := http.ReadResponse(bufio.NewReader(slowly{conn, c.chunk, c.every}), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				body, err := io.ReadAll(res.Body)
				took := time.Since(start)
				if (err == nil) != c.whole || took > 2*time.Minute {
					t.Fatalf("%d bytes in %s, %v", len(body), took, err)
				}
				var answer struct {
					Comments []json.RawMessage `json:"comment_list"`
				}
				if c.whole && (json.Unmarshal(body, &answer) != nil || len(answer.Comments) != 1000 || took < 20*time.Second) {
					t.Errorf("%d comments in %s", len(answer.Comments), took)
				}
			})
		})
	}
}
