package httpapi

import (
	"strconv"
	"sync/atomic"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
)

type feedReply struct {
	request.Head
	Next   int64           `json:"next_time"` // Unix milliseconds; the client sends it back
	Videos []compose.Video `json:"video_list"`
}

func emptyFeed() request.Reply { return &feedReply{Videos: []compose.Video{}} }

// feed is the video stream. It accepts any latest_time and any token.
func (a *api) feed(r *request.Request) (request.Reply, error) {
	latest, err := r.Params.Text("latest_time")
	if err != nil {
		latest = ""
	}
	page, err := a.Composer.FeedFor(r.Context(), r.Viewer.UserID, parseLatest(latest))
	if err != nil {
		return nil, err
	}
	if len(page.Videos) == 0 {
		return &feedReply{Next: a.Clock().UnixMilli(), Videos: []compose.Video{}}, nil
	}
	return a.firstPage.encode(page)
}

// parseLatest reads latest_time: an upper bound of the publish time in Unix
// milliseconds, or 0 for now. Absent, zero and unreadable values mean now. A value
// in the future stays as it is: it gets the newest page unless a video was shown
// after it, and the video service, whose clock may be ahead of this one, says when
// that was.
func parseLatest(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0
	}
	return request.Milliseconds(n)
}

// encodedPage keeps the JSON of the newest page: nearly all feed requests get it,
// it stays the same for a second, and encoding it is most of their cost.
type encodedPage struct {
	last atomic.Pointer[pageReply]
}

type pageReply struct {
	request.Head
	page *compose.Page
	body []byte
}

// Encoded returns the JSON of the page.
func (r *pageReply) Encoded() []byte { return r.body }

func (e *encodedPage) encode(page *compose.Page) (request.Reply, error) {
	if last := e.last.Load(); last != nil && last.page == page {
		return last, nil
	}
	if !page.Newest {
		return &feedReply{Next: page.Next, Videos: page.Videos}, nil
	}
	body, err := request.EncodeSuccess(&feedReply{Next: page.Next, Videos: page.Videos})
	if err != nil {
		return nil, err
	}
	encoded := &pageReply{page: page, body: body}
	e.last.Store(encoded)
	return encoded, nil
}
