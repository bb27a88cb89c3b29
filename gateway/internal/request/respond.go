package request

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/jsontext"
)

// Head begins every body.
type Head struct {
	Code int32  `json:"status_code"` // 0 is success
	Msg  string `json:"status_msg"`
}

func (h *Head) head() *Head { return h }

// Reply is the body of an answer: a struct that embeds Head and has all the
// fields of its endpoint. None of them is optional, and no list is nil.
type Reply interface{ head() *Head }

// EncodedReply is a success that was encoded before, with EncodeSuccess.
type EncodedReply interface {
	Reply
	Encoded() []byte
}

// AppendedReply is a long answer, which encodes itself without reflection. The
// result is that of encoding/json.
type AppendedReply interface {
	Reply
	AppendJSON(b []byte) []byte
}

// AppendHead begins the JSON of an AppendedReply.
func (h *Head) AppendHead(b []byte) []byte {
	b = jsontext.AppendInt(append(b, '{'), "status_code", int64(h.Code))
	return jsontext.AppendField(b, "status_msg", h.Msg)
}

// EncodeSuccess returns the bytes of a success.
func EncodeSuccess(r Reply) ([]byte, error) {
	ok := okAnswer()
	*r.head() = Head{Code: ok.code, Msg: ok.zh}
	if long, ok := r.(AppendedReply); ok {
		return long.AppendJSON(nil), nil
	}
	return json.Marshal(r)
}

// How long a client may take to receive an answer: a whole list has a few
// megabytes, and a phone on a bad line needs time for it.
const (
	writeGrace   = 15 * time.Second // on top of the time that minWriteRate allows
	minWriteRate = 32 << 10         // bytes per second
)

// respond writes an answer and returns its row of the response table. The HTTP
// status is always 200: the app shows a network error on any other.
func (r *Request) respond(w http.ResponseWriter, reply Reply, row answer) answer {
	body, release, err := r.encode(reply, row)
	defer release()
	if err != nil { // a float or a channel in a reply: impossible with the reply types
		row = internalAnswer()
		body = []byte(`{"status_code":5000,"status_msg":"service unavailable"}`)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	conn := http.NewResponseController(w)
	due := writeGrace + time.Duration(len(body)/minWriteRate)*time.Second
	_ = conn.SetWriteDeadline(time.Now().Add(due)) // only response writers of tests lack deadlines
	if r.body.complete() {
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(body) // a client that disconnected needs no answer
		return row
	}
	// The client is still sending a refused body. It gets the answer at once.
	// Then a limited part of the body is read, because closing a connection with
	// unread bytes can destroy the answer on its way. Then the connection ends.
	header.Set("Connection", "close")
	_ = conn.EnableFullDuplex() // only then is reading after the answer guaranteed to work
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body)
	_ = conn.Flush()
	r.body.drain(r.HTTP)
	return row
}

// maxKeptBuffer is the size, in bytes, of the largest buffer that is used again.
const maxKeptBuffer = 1 << 20

// encode returns the body of an answer and a function that ends its use.
func (r *Request) encode(reply Reply, row answer) (body []byte, release func(), err error) {
	release = func() {}
	if ready, ok := reply.(EncodedReply); ok {
		return ready.Encoded(), release, nil
	}
	*reply.head() = Head{Code: row.code, Msg: row.in(r.language)}
	long, ok := reply.(AppendedReply)
	if !ok {
		body, err = json.Marshal(reply)
		return body, release, err
	}
	buffer, ok := r.buffers.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	*buffer = long.AppendJSON((*buffer)[:0])
	return *buffer, func() {
		if cap(*buffer) <= maxKeptBuffer {
			r.buffers.Put(buffer)
		}
	}, nil
}
