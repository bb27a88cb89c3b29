// Package rpc implements the gRPC service of the chat contract on top of the
// rules. It returns errors unchanged; the server's interceptor encodes them.
package rpc

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/wire"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
)

// Server implements chatv1.ChatServiceServer.
type Server struct {
	chatv1.UnimplementedChatServiceServer
	service *chat.Service
}

var _ chatv1.ChatServiceServer = (*Server)(nil)

// New returns a server that calls the rules.
func New(service *chat.Service) *Server { return &Server{service: service} }

// Send implements the contract.
func (s *Server) Send(ctx context.Context, r *chatv1.SendRequest) (*chatv1.SendResponse, error) {
	message, err := s.service.Send(ctx, r.GetFromUserId(), r.GetToUserId(), r.GetContent(), r.GetRequestId())
	if err != nil {
		return nil, err
	}
	return &chatv1.SendResponse{Message: wire.FromMessage(message)}, nil
}

// Poll implements the contract.
func (s *Server) Poll(ctx context.Context, r *chatv1.PollRequest) (*chatv1.PollResponse, error) {
	reader := chat.Reader{UserID: r.GetReaderId(), PeerID: r.GetPeerId(), SessionID: r.GetSessionId()}
	messages, err := s.service.Poll(ctx, reader, r.GetSinceMs())
	if err != nil {
		return nil, err
	}
	return &chatv1.PollResponse{Messages: wire.FromMessages(messages)}, nil
}

// History implements the contract.
func (s *Server) History(ctx context.Context, r *chatv1.HistoryRequest) (*chatv1.HistoryResponse, error) {
	messages, next, err := s.service.History(ctx, r.GetReaderId(), r.GetPeerId(), r.GetBeforeSeq(), int(r.GetLimit()))
	if err != nil {
		return nil, err
	}
	return &chatv1.HistoryResponse{Messages: wire.FromMessages(messages), NextBeforeSeq: next}, nil
}

// LatestByPeer implements the contract.
func (s *Server) LatestByPeer(ctx context.Context, r *chatv1.LatestByPeerRequest) (*chatv1.LatestByPeerResponse, error) {
	messages, err := s.service.LatestByPeer(ctx, r.GetUserId(), r.GetPeerIds())
	if err != nil {
		return nil, err
	}
	return &chatv1.LatestByPeerResponse{Messages: wire.FromMessages(messages)}, nil
}
