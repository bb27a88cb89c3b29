// Package rpc implements the gRPC service of the interaction contract on top of the
// rules. It returns errors unchanged; the server's interceptor encodes them.
package rpc

import (
	"context"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// Server implements interactionv1.InteractionServiceServer.
type Server struct {
	interactionv1.UnimplementedInteractionServiceServer
	service *interaction.Service
}

var _ interactionv1.InteractionServiceServer = (*Server)(nil)

// New returns a server that calls the rules.
func New(service *interaction.Service) *Server { return &Server{service: service} }

// SetLike implements the contract.
func (s *Server) SetLike(ctx context.Context, r *interactionv1.SetLikeRequest) (*interactionv1.SetLikeResponse, error) {
	changed, err := s.service.SetLike(ctx, r.GetUserId(), r.GetVideoId(), r.GetLiked())
	if err != nil {
		return nil, err
	}
	return &interactionv1.SetLikeResponse{Changed: changed}, nil
}

// PostComment implements the contract.
func (s *Server) PostComment(ctx context.Context, r *interactionv1.PostCommentRequest) (*interactionv1.PostCommentResponse, error) {
	comment, err := s.service.PostComment(ctx, r.GetUserId(), r.GetVideoId(), r.GetContent(), r.GetRequestId())
	if err != nil {
		return nil, err
	}
	return &interactionv1.PostCommentResponse{Comment: fromComment(comment)}, nil
}

// DeleteComment implements the contract.
func (s *Server) DeleteComment(ctx context.Context, r *interactionv1.DeleteCommentRequest) (*interactionv1.DeleteCommentResponse, error) {
	changed, err := s.service.DeleteComment(ctx, r.GetUserId(), r.GetVideoId(), r.GetCommentId())
	if err != nil {
		return nil, err
	}
	return &interactionv1.DeleteCommentResponse{Changed: changed}, nil
}

// ListComments implements the contract.
func (s *Server) ListComments(ctx context.Context, r *interactionv1.ListCommentsRequest) (*interactionv1.ListCommentsResponse, error) {
	page, err := s.service.ListComments(ctx, r.GetVideoId(), r.GetBeforeId(), int(r.GetLimit()), !r.GetWithoutWriters())
	if err != nil {
		return nil, err
	}
	return &interactionv1.ListCommentsResponse{
		Comments:     convert(page.Comments, fromComment),
		Writers:      convert(page.Writers, fromUserStats),
		NextBeforeId: page.NextBeforeID,
	}, nil
}

// ListLiked implements the contract.
func (s *Server) ListLiked(ctx context.Context, r *interactionv1.ListLikedRequest) (*interactionv1.ListLikedResponse, error) {
	page, err := s.service.ListLiked(ctx, interaction.LikedQuery{
		UserID: r.GetUserId(), ViewerID: r.GetViewerId(), Limit: int(r.GetLimit()),
	}, r.GetCursor(), !r.GetWithoutAuthors())
	if err != nil {
		return nil, err
	}
	return &interactionv1.ListLikedResponse{
		Videos:     convert(page.Videos, fromLikedEntry),
		Authors:    convert(page.Authors, fromUserStats),
		NextCursor: page.NextCursor,
	}, nil
}

// Lookup implements the contract.
func (s *Server) Lookup(ctx context.Context, r *interactionv1.LookupRequest) (*interactionv1.LookupResponse, error) {
	videos, users, err := s.service.Lookup(ctx, r.GetVideoIds(), r.GetUserIds(), r.GetViewerId())
	if err != nil {
		return nil, err
	}
	return &interactionv1.LookupResponse{
		Videos: convert(videos, fromVideoStats),
		Users:  convert(users, fromUserStats),
	}, nil
}

// GetLikeSet implements the contract.
func (s *Server) GetLikeSet(ctx context.Context, r *interactionv1.GetLikeSetRequest) (*interactionv1.GetLikeSetResponse, error) {
	set, err := s.service.LikeSet(ctx, r.GetUserId())
	if err != nil {
		return nil, err
	}
	return &interactionv1.GetLikeSetResponse{VideoIds: set.VideoIDs, Capped: set.Capped}, nil
}
