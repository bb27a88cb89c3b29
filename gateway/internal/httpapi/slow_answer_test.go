package httpapi_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
)

// slowly reads at most a chunk in each interval.
type slowly struct {
	io.Reader
	chunk int
	every time.Duration
}

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(s.every)
	return s.Reader.Read(p[:min(len(p), s.chunk)])
}

// A phone on a bad line gets the longest list there is; one that does not read
// does not hold it in memory for ever.
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
				r, listener := newPipeRig(t, nil)
				amy := r.users.Add("amy", "x")
				r.videos.Add(amy, 1000, "cat")
				id := r.videos.Published()[0].GetId()
				for range 1000 {
					post := &interactionv1.PostCommentRequest{UserId: amy, VideoId: id, Content: strings.Repeat("好", 500)}
					if _, err := r.likes.PostComment(t.Context(), post); err != nil {
						t.Fatal(err)
					}
				}
				conn := listener.dial()
				defer conn.Close()
				if _, err := io.WriteString(conn, "GET /douyin/comment/list/?video_id="+video+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
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
