package endpoint

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/load"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/model"
	"github.com/douyin-on-dapr/douyin/gateway/client"
)

const pathChat = "/douyin/message/chat/"

// besideRate is how many messages per second all active conversations together
// get.
const besideRate = 50

func chats() []Endpoint {
	return []Endpoint{
		{
			Name: "chat", Title: fmt.Sprintf("chat (%d)", model.ReaderChat),
			source: func(e *Env, connection int) load.Source {
				request := e.request(get, pathChat, "token", e.Data.Reader(connection).Token,
					"to_user_id", decimal(e.Data.Friend(connection)), "pre_msg_time", "0")
				return newPool([][]byte{request}, func(_ int, body []byte) error {
					list, err := decode[client.MessagesResponse](body)
					if err == nil && len(list.Messages) != model.ReaderChat {
						err = fmt.Errorf("%d messages, want %d", len(list.Messages), model.ReaderChat)
					}
					return err
				})
			},
		},
		{
			Name: "poll", Title: "poll, nothing new",
			source: func(e *Env, connection int) load.Source {
				return &poll{env: e, token: e.Data.Reader(connection).Token, peer: e.Data.Friend(connection), quiet: true}
			},
		},
		{
			Name: "poll-active", Title: fmt.Sprintf("poll, %d messages/s", besideRate), Writes: true,
			source: func(e *Env, connection int) load.Source {
				return &poll{env: e, token: e.Data.Reader(connection).Token, peer: e.Data.Writer(connection).ID}
			},
			beside: converse,
		},
	}
}

// poll polls one conversation as a phone does: the first poll asks for everything,
// each later one for what came after the newest message.
type poll struct {
	env   *Env
	token string
	peer  int64
	quiet bool // nobody writes

	since  int64
	number int // of the newest message of the peer
	buffer []byte
}

// Next implements load.Source.
func (p *poll) Next() []byte {
	p.buffer = p.env.appendRequest(p.buffer[:0], get, pathChat, "token", p.token,
		"to_user_id", decimal(p.peer), "pre_msg_time", decimal(p.since))
	return p.buffer
}

const nothingNew = `"message_list":[]}`

// Check implements load.Source. Messages arrive in order, each once.
func (p *poll) Check(body []byte) error {
	if err := checkAccepted(body); err != nil {
		return err
	}
	if bytes.HasSuffix(body, []byte(nothingNew)) {
		return nil
	}
	list, err := decode[client.MessagesResponse](body)
	if err != nil {
		return err
	}
	if p.quiet && p.since != 0 {
		return fmt.Errorf("%d new messages where nobody writes", len(list.Messages))
	}
	for _, m := range list.Messages {
		if m.CreateTime <= p.since {
			return fmt.Errorf("message %d again", m.ID)
		}
		p.since = m.CreateTime
		if p.quiet {
			continue
		}
		number, err := numberOf(m.Content)
		if err != nil {
			return err
		}
		if number != p.number+1 {
			return fmt.Errorf("message number %d after %d", number, p.number)
		}
		p.number = number
	}
	return nil
}

// The messages of an active conversation are numbered from 1.
const numbered = "message number "

func numberOf(content string) (int, error) {
	text, ok := strings.CutPrefix(content, numbered)
	if !ok {
		return 0, fmt.Errorf("another message: %q", content)
	}
	return strconv.Atoi(text)
}

// converse makes every writer write to the reader of the same number, in turn.
func converse(ctx context.Context, e *Env) error {
	conn := load.NewConn(e.Addr, e.Timeout)
	defer conn.Close()
	ticker := time.NewTicker(time.Second / besideRate)
	defer ticker.Stop()
	for n := 0; ; n = (n + 1) % e.Data.Readers() {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		w := &e.writers[n]
		w.said++
		content := numbered + strconv.Itoa(w.said)
		// The request id makes it safe to send the message again.
		request := e.request(post, "/douyin/message/action/", "token", e.Data.Writer(n).Token, "to_user_id",
			decimal(e.Data.Reader(n).ID), "action_type", "1", "content", content, "request_id", "said-"+strconv.Itoa(w.said))
		if err := untilAccepted(ctx, conn, request); err != nil {
			return fmt.Errorf("%s: %w", content, err)
		}
	}
}

// attempts is how often a message is sent before the benchmark gives up.
const attempts = 3

// untilAccepted sends a request until it is accepted. It finishes the current one
// when the context ends.
func untilAccepted(ctx context.Context, conn *load.Conn, request []byte) (err error) {
	for range attempts {
		var status int
		var body []byte
		status, body, err = conn.Do(context.WithoutCancel(ctx), request)
		if err == nil && status == http.StatusOK {
			err = checkAccepted(body)
		} else if err == nil {
			err = fmt.Errorf("HTTP status %d", status)
		}
		if err == nil {
			return nil
		}
	}
	return err
}
