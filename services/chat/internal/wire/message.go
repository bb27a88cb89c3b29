// Package wire converts between the domain and the contract's messages, for the
// RPC server and for the hot documents, which carry the same Message.
package wire

import (
	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
)

// FromMessage makes the contract's message. The request id stays inside the
// service.
func FromMessage(m chat.Message) *chatv1.Message {
	return &chatv1.Message{
		Id: m.ID, FromUserId: m.FromUserID, ToUserId: m.ToUserID, Content: m.Content,
		CreatedAtMs: m.CreatedAtMS, Seq: m.Seq,
	}
}

// FromMessages makes the contract's messages, in the same order.
func FromMessages(messages []chat.Message) []*chatv1.Message {
	all := make([]*chatv1.Message, len(messages))
	for i, m := range messages {
		all[i] = FromMessage(m)
	}
	return all
}

// ToMessages reads the contract's messages, in the same order.
func ToMessages(messages []*chatv1.Message) []chat.Message {
	var all []chat.Message
	for _, m := range messages {
		all = append(all, chat.Message{
			ID: m.GetId(), FromUserID: m.GetFromUserId(), ToUserID: m.GetToUserId(), Content: m.GetContent(),
			CreatedAtMS: m.GetCreatedAtMs(), Seq: m.GetSeq(),
		})
	}
	return all
}
