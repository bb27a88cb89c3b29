package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// SendMessage sends a message. With a requestID, which the phone does not know, it
// can be repeated; "" leaves it out.
func (c *Client) SendMessage(ctx context.Context, token string, userID int64, text, requestID string) (StatusResponse, error) {
	query := url.Values{"token": {token}, "to_user_id": {decimal(userID)}, "action_type": {actionSet}, "content": {text}}
	if requestID != "" {
		query.Set("request_id", requestID)
	}
	return Call[StatusResponse](ctx, c, http.MethodPost, "/douyin/message/action/", query)
}

// Chat polls the conversation with a user for messages after a time in Unix
// milliseconds; 0 asks for the whole conversation.
func (c *Client) Chat(ctx context.Context, token string, userID, since int64) (MessagesResponse, error) {
	return Call[MessagesResponse](ctx, c, http.MethodGet, "/douyin/message/chat/",
		url.Values{"token": {token}, "to_user_id": {decimal(userID)}, "pre_msg_time": {decimal(since)}})
}

// History pages through the conversation with a user, from its newest message to
// its first. The phone does not know it.
func (c *Client) History(ctx context.Context, token string, userID int64, page Page) (HistoryResponse, error) {
	return Call[HistoryResponse](ctx, c, http.MethodGet, "/douyin/message/history/",
		page.in(url.Values{"token": {token}, "to_user_id": {decimal(userID)}}))
}

// Message is one message of a conversation.
type Message struct {
	ID         int64  `json:"id"`
	ToUserID   int64  `json:"to_user_id"`
	FromUserID int64  `json:"from_user_id"`
	Content    string `json:"content"`
	CreateTime int64  `json:"create_time"` // Unix milliseconds, strictly increasing in a conversation
}

// Validate checks the message's fields.
func (m Message) Validate() error {
	switch {
	case !validID(m.ID):
		return fmt.Errorf("message id %d is out of range", m.ID)
	case m.FromUserID <= 0 || m.ToUserID <= 0 || m.FromUserID == m.ToUserID:
		return fmt.Errorf("message %d is from %d to %d", m.ID, m.FromUserID, m.ToUserID)
	case m.Content == "":
		return fmt.Errorf("message %d is an empty bubble", m.ID)
	case m.CreateTime < firstMillisecond:
		return fmt.Errorf("create_time %d of message %d is not in milliseconds", m.CreateTime, m.ID)
	}
	return nil
}

// MessagesResponse answers Chat, oldest first.
type MessagesResponse struct {
	Status
	Messages []Message `json:"message_list"`
}

// Validate checks the messages and their order.
func (r MessagesResponse) Validate() error {
	for i := 1; i < len(r.Messages); i++ {
		if r.Messages[i].CreateTime <= r.Messages[i-1].CreateTime {
			return fmt.Errorf("messages %d and %d are not in increasing order of time", r.Messages[i-1].ID, r.Messages[i].ID)
		}
	}
	return validateList(r.Status, r.Messages, func(m Message) (int64, error) { return m.ID, m.Validate() })
}

// HistoryResponse answers History, oldest first. Its cursor leads to older
// messages.
type HistoryResponse struct {
	MessagesResponse
	Continued
}

// Friends lists the users with whom a user shares a mutual follow.
func (c *Client) Friends(ctx context.Context, userID int64, token string, page Page) (FriendsResponse, error) {
	return Call[FriendsResponse](ctx, c, http.MethodGet, "/douyin/relation/friend/list/", page.in(ofUser(userID, token)))
}

// Friend is a user with the newest message of the conversation.
type Friend struct {
	User
	Message string `json:"message"`
	// Kind is 1 if the viewer sent the message, 0 if the viewer received it or there
	// is none. KindSnake is the same: clients read either name.
	Kind      int64 `json:"msgType"`
	KindSnake int64 `json:"msg_type"`
}

// Validate checks the user and the message.
func (f Friend) Validate() error {
	if f.Kind < 0 || f.Kind > 1 || f.Kind != f.KindSnake {
		return fmt.Errorf("friend %d has msgType %d and msg_type %d", f.ID, f.Kind, f.KindSnake)
	}
	if f.Message == "" && f.Kind != 0 {
		return fmt.Errorf("friend %d has no message and msgType %d", f.ID, f.Kind)
	}
	return f.User.Validate()
}

// FriendsResponse answers Friends.
type FriendsResponse struct {
	Status
	Continued
	Friends []Friend `json:"user_list"`
}

// Validate checks the friends.
func (r FriendsResponse) Validate() error {
	return validateList(r.Status, r.Friends, func(f Friend) (int64, error) { return f.ID, f.Validate() })
}
