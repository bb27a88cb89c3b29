package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
)

// status begins every body. 0 is success.
type status struct {
	Code int32  `json:"status_code"`
	Msg  string `json:"status_msg"`
}

func (s *status) head() *status { return s }

// reply is the body of an answer: a struct with all the fields of its endpoint,
// none of them optional, and no nil list.
type reply interface{ head() *status }

// encodedReply is a reply that was encoded before.
type encodedReply interface {
	reply
	encoded() []byte
}

type statusReply struct{ status }

func emptyStatus() reply { return &statusReply{} }

type sessionReply struct {
	status
	UserID int64  `json:"user_id"`
	Token  string `json:"token"` // "" in a refusal: the official tests look for the key
}

func emptySession() reply { return &sessionReply{} }

type userReply struct {
	status
	User compose.User `json:"user"`
}

func emptyUser() reply { return &userReply{} }

type videosReply struct {
	status
	Videos     []compose.Video `json:"video_list"`
	NextCursor string          `json:"next_cursor"` // "" at the end
}

func emptyVideos() reply { return &videosReply{Videos: []compose.Video{}} }

type publishedReply struct {
	status
	VideoID int64 `json:"video_id"` // 0 in a refusal
}

func emptyPublished() reply { return &publishedReply{} }

type progressReply struct {
	status
	compose.Status
}

func emptyProgress() reply { return &progressReply{} }

type feedReply struct {
	status
	Next   int64           `json:"next_time"` // Unix milliseconds; the client sends it back
	Videos []compose.Video `json:"video_list"`
}

func emptyFeed() reply { return &feedReply{Videos: []compose.Video{}} }

// How long a client may take to receive an answer: a whole list has a few
// megabytes, and a phone on a bad line takes its time for them.
const (
	writeGrace   = 15 * time.Second // beside the time due to minWriteRate
	minWriteRate = 32 << 10         // bytes per second
)

// respond writes the answer and returns its row of the response table. The HTTP
// status is 200 whatever happened: the app shows a network error on any other.
func (x *exchange) respond(r reply, err error) answer {
	row := answerTo(err)
	if err != nil || r == nil {
		r = x.route.empty()
	}
	body, encodeErr := encode(r, row, languageOf(x.c.Request, x.api.Language))
	if encodeErr != nil { // a float or a channel in a reply: cannot happen with these types
		row = internalAnswer()
		body = []byte(`{"status_code":5000,"status_msg":"service unavailable"}`)
	}
	w := x.c.Writer
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	conn := http.NewResponseController(w)
	due := writeGrace + time.Duration(len(body)/minWriteRate)*time.Second
	_ = conn.SetWriteDeadline(time.Now().Add(due)) // writers without deadlines exist in tests only
	if x.body.complete() {
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(body) // a client that left needs no answer
		return row
	}
	// The client is still sending what was refused. It gets the answer now; then
	// a bounded rest is read, because a connection closed on unread bytes can
	// take the answer with it; then the connection ends.
	header.Set("Connection", "close")
	_ = conn.EnableFullDuplex() // only then reading on after the answer is promised to work
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body)
	_ = conn.Flush()
	x.body.drain(x.c.Request)
	return row
}

func encode(r reply, row answer, l Language) ([]byte, error) {
	if ready, ok := r.(encodedReply); ok {
		return ready.encoded(), nil
	}
	*r.head() = status{Code: row.code, Msg: row.in(l)}
	return json.Marshal(r)
}
