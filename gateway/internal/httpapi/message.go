package httpapi

import (
	"strconv"

	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
)

// message is one message as the client shows it. The client draws the bubble on
// the side of from_user_id, and polls with create_time.
type message struct {
	ID         int64  `json:"id"`
	ToUserID   int64  `json:"to_user_id"`
	FromUserID int64  `json:"from_user_id"`
	Content    string `json:"content"`
	CreateTime int64  `json:"create_time"` // Unix milliseconds, strictly increasing in a conversation
}

type messagesReply struct {
	request.Head
	Messages []message `json:"message_list"`
}

type historyReply struct {
	messagesReply
	NextCursor string `json:"next_cursor"` // of the older messages; "" at the first message
}

func emptyHistory() request.Reply {
	return &historyReply{messagesReply: messagesReply{Messages: []message{}}}
}

func emptyMessages() request.Reply { return &messagesReply{Messages: []message{}} }

// sendMessage sends a message (action_type 1, the only one).
func (a *api) sendMessage(r *request.Request) (request.Reply, error) {
	to, err := r.Params.RequiredID("to_user_id")
	if err != nil {
		return nil, err
	}
	kind, err := r.Params.Required("action_type")
	if err != nil {
		return nil, err
	}
	if kind != "1" {
		return nil, request.ErrActionUnknown
	}
	content, err := r.Params.Required("content")
	if err != nil {
		return nil, err
	}
	requestID, err := r.Params.Text("request_id")
	if err != nil {
		return nil, err
	}
	_, err = a.Chats.Send(r.Context(), &chatv1.SendRequest{
		FromUserId: r.Viewer.UserID, ToUserId: to, Content: content, RequestId: requestID,
	})
	if err != nil {
		return nil, err
	}
	return emptyStatus(), nil
}

// chat answers the poll of an open chat: about one a second for each. The phone of
// a guest polls too and gets an empty list.
func (a *api) chat(r *request.Request) (request.Reply, error) {
	peer, err := r.Params.ID("to_user_id")
	if err != nil {
		return nil, err
	}
	if r.Viewer.UserID == 0 || peer == 0 || peer == r.Viewer.UserID {
		return emptyMessages(), nil
	}
	since, err := r.Params.Moment("pre_msg_time")
	if err != nil {
		return nil, err
	}
	found, err := a.Composer.Poll(r.Context(), r.Viewer.UserID, r.Viewer.SessionID, peer, since)
	if err != nil {
		return nil, err
	}
	return &messagesReply{Messages: messagesOf(found)}, nil
}

// history pages through a conversation beyond the newest messages that chat
// shows. It does not change what later polls of chat bring. The old client does
// not use it.
func (a *api) history(r *request.Request) (request.Reply, error) {
	peer, err := r.Params.RequiredID("to_user_id")
	if err != nil {
		return nil, err
	}
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	before, err := numericCursor(page.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := a.Chats.History(r.Context(), &chatv1.HistoryRequest{
		ReaderId: r.Viewer.UserID, PeerId: peer, BeforeSeq: before, Limit: page.Limit,
	})
	if err != nil {
		return nil, err
	}
	reply := &historyReply{messagesReply: messagesReply{Messages: messagesOf(found.GetMessages())}}
	if next := found.GetNextBeforeSeq(); next > 0 {
		reply.NextCursor = strconv.FormatInt(next, 10)
	}
	return reply, nil
}

func messagesOf(found []*chatv1.Message) []message {
	list := make([]message, len(found))
	for i, m := range found {
		list[i] = message{
			ID: m.GetId(), ToUserID: m.GetToUserId(), FromUserID: m.GetFromUserId(),
			Content: m.GetContent(), CreateTime: m.GetCreatedAtMs(),
		}
	}
	return list
}
