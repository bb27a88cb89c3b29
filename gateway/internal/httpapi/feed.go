package httpapi

import (
	"encoding/json"
	"strconv"
	"sync/atomic"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
)

// A time below this is in seconds: as milliseconds it would lie in 1973. The
// phone starts with milliseconds although the client's documents say seconds.
const firstMillisecond = 100_000_000_000

// feed is the video stream. It takes any latest_time and any token.
func (a *api) feed(x *exchange) (reply, error) {
	latest, err := x.params.text("latest_time")
	if err != nil {
		latest = ""
	}
	now := a.Clock().UnixMilli()
	before := parseLatest(latest, now)
	page, err := a.Composed.FeedFor(x.ctx, x.viewer.UserID, before)
	if err != nil {
		return nil, err
	}
	if len(page.Videos) == 0 {
		return &feedReply{Next: now, Videos: []compose.Video{}}, nil
	}
	return a.firstPage.encode(page)
}

// parseLatest reads latest_time: an upper bound of the publish time in Unix
// milliseconds, or 0 for now. Absent, zero, unreadable and future all mean now,
// so the phone's clock does not matter.
func parseLatest(text string, nowMS int64) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0
	}
	if n < firstMillisecond {
		n *= 1000
	}
	if n >= nowMS {
		return 0
	}
	return n
}

// encodedPage keeps the encoding of the newest page: nearly all requests get
// it, it stays the same for a second, and encoding it is most of their cost.
type encodedPage struct {
	last atomic.Pointer[pageReply]
}

type pageReply struct {
	status
	page *compose.Page
	body []byte
}

func (r *pageReply) encoded() []byte { return r.body }

func (e *encodedPage) encode(page *compose.Page) (reply, error) {
	if last := e.last.Load(); last != nil && last.page == page {
		return last, nil
	}
	if !page.Newest {
		return &feedReply{Next: page.Next, Videos: page.Videos}, nil
	}
	ok := okAnswer()
	body, err := json.Marshal(&feedReply{status: status{Code: ok.code, Msg: ok.zh}, Next: page.Next, Videos: page.Videos})
	if err != nil {
		return nil, err
	}
	made := &pageReply{page: page, body: body}
	e.last.Store(made)
	return made, nil
}
