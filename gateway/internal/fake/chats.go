package fake

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
)

// Chats is a chat service that delivers everything to every poll.
type Chats struct {
	Calls
	mu       sync.Mutex
	messages []*chatv1.Message
}

// Send numbers messages from 1, a second apart.
func (c *Chats) Send(_ context.Context, in *chatv1.SendRequest, _ ...grpc.CallOption) (*chatv1.SendResponse, error) {
	if err := c.note("Send"); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := int64(len(c.messages) + 1)
	m := &chatv1.Message{
		Id: n, FromUserId: in.GetFromUserId(), ToUserId: in.GetToUserId(), Content: in.GetContent(),
		Seq: n, CreatedAtMs: 1772366400000 + n*1000,
	}
	c.messages = append(c.messages, m)
	return &chatv1.SendResponse{Message: m}, nil
}

// Poll answers the whole conversation.
func (c *Chats) Poll(_ context.Context, in *chatv1.PollRequest, _ ...grpc.CallOption) (*chatv1.PollResponse, error) {
	if err := c.note("Poll"); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &chatv1.PollResponse{}
	for _, m := range c.messages {
		if between(m, in.GetReaderId(), in.GetPeerId()) {
			out.Messages = append(out.Messages, m)
		}
	}
	return out, nil
}

// History answers a page of a conversation. The numbers of all conversations run
// together, so the cursor is 0 at the first message of all.
func (c *Chats) History(_ context.Context, in *chatv1.HistoryRequest, _ ...grpc.CallOption) (*chatv1.HistoryResponse, error) {
	if err := c.note("History"); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &chatv1.HistoryResponse{}
	for _, m := range slices.Backward(c.messages) {
		if !between(m, in.GetReaderId(), in.GetPeerId()) || in.GetBeforeSeq() > 0 && m.GetSeq() >= in.GetBeforeSeq() {
			continue
		}
		if out.Messages = append(out.Messages, m); len(out.Messages) == int(in.GetLimit()) {
			break
		}
	}
	slices.Reverse(out.Messages)
	if len(out.Messages) > 0 && out.Messages[0].GetSeq() > 1 {
		out.NextBeforeSeq = out.Messages[0].GetSeq()
	}
	return out, nil
}

// LatestByPeer answers the newest message with each peer.
func (c *Chats) LatestByPeer(_ context.Context, in *chatv1.LatestByPeerRequest, _ ...grpc.CallOption) (*chatv1.LatestByPeerResponse, error) {
	if err := c.note("LatestByPeer"); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &chatv1.LatestByPeerResponse{}
	for _, peer := range in.GetPeerIds() {
		for _, m := range slices.Backward(c.messages) {
			if between(m, in.GetUserId(), peer) {
				out.Messages = append(out.Messages, m)
				break
			}
		}
	}
	return out, nil
}

func between(m *chatv1.Message, a, b int64) bool {
	return pair{m.GetFromUserId(), m.GetToUserId()} == pair{a, b} || pair{m.GetFromUserId(), m.GetToUserId()} == pair{b, a}
}
