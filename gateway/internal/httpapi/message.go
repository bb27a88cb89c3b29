package httpapi

import (
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
)

// message is one message as the client shows it. The numbers decide: it draws
// the bubble on the side that from_user_id says, and polls with create_time.
type message struct {
	ID         int64  `json:"id"`
	ToUserID   int64  `json:"to_user_id"`
	FromUserID int64  `json:"from_user_id"`
	Content    string `json:"content"`
	CreateTime int64  `json:"create_time"` // Unix milliseconds, strictly increasing in a conversation
}

type messagesReply struct {
	status
	Messages []message `json:"message_list"`
}

func emptyMessages() reply { return &messagesReply{Messages: []message{}} }

// sendMessage sends a message (action_type 1, the only one).
func (a *api) sendMessage(x *exchange) (reply, error) {
	to, err := x.params.requiredID("to_user_id")
	if err != nil {
		return nil, err
	}
	if kind, err := x.params.required("action_type"); err != nil || kind != "1" {
		return nil, actionError(err)
	}
	content, err := x.params.required("content")
	if err != nil {
		return nil, err
	}
	requestID, err := x.params.text("request_id")
	if err != nil {
		return nil, err
	}
	_, err = a.Chats.Send(x.ctx, &chatv1.SendRequest{
		FromUserId: x.viewer.UserID, ToUserId: to, Content: content, RequestId: requestID,
	})
	if err != nil {
		return nil, err
	}
	return emptyStatus(), nil
}

// chat answers the poll of an open chat, about one a second for each. A guest's
// phone polls too and gets nothing.
func (a *api) chat(x *exchange) (reply, error) {
	peer, err := x.params.id("to_user_id")
	if err != nil {
		return nil, err
	}
	if x.viewer.UserID == 0 || peer == 0 || peer == x.viewer.UserID {
		return emptyMessages(), nil
	}
	since, err := x.params.moment("pre_msg_time")
	if err != nil {
		return nil, err
	}
	found, err := a.Composed.Poll(x.ctx, x.viewer.UserID, x.viewer.SessionID, peer, since)
	if err != nil {
		return nil, err
	}
	list := make([]message, len(found))
	for i, m := range found {
		list[i] = message{
			ID: m.GetId(), ToUserID: m.GetToUserId(), FromUserID: m.GetFromUserId(),
			Content: m.GetContent(), CreateTime: m.GetCreatedAtMs(),
		}
	}
	return &messagesReply{Messages: list}, nil
}
