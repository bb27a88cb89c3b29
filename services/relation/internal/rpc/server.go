// Package rpc implements the gRPC service of the relation contract on top of the
// rules. It returns errors unchanged; the server's interceptor encodes them.
package rpc

import (
	"context"

	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// Server implements relationv1.RelationServiceServer.
type Server struct {
	relationv1.UnimplementedRelationServiceServer
	service *relation.Service
}

var _ relationv1.RelationServiceServer = (*Server)(nil)

// New returns a server that calls the rules.
func New(service *relation.Service) *Server { return &Server{service: service} }

// SetFollow implements the contract.
func (s *Server) SetFollow(ctx context.Context, r *relationv1.SetFollowRequest) (*relationv1.SetFollowResponse, error) {
	changed, err := s.service.SetFollow(ctx, r.GetUserId(), r.GetTargetId(), r.GetFollowing())
	if err != nil {
		return nil, err
	}
	return &relationv1.SetFollowResponse{Changed: changed}, nil
}

// ListFollows implements the contract.
func (s *Server) ListFollows(ctx context.Context, r *relationv1.ListRequest) (*relationv1.ListResponse, error) {
	return s.list(ctx, relation.Follows, r)
}

// ListFollowers implements the contract.
func (s *Server) ListFollowers(ctx context.Context, r *relationv1.ListRequest) (*relationv1.ListResponse, error) {
	return s.list(ctx, relation.Followers, r)
}

// ListFriends implements the contract.
func (s *Server) ListFriends(ctx context.Context, r *relationv1.ListRequest) (*relationv1.ListResponse, error) {
	return s.list(ctx, relation.Friends, r)
}

func (s *Server) list(ctx context.Context, which relation.Relation, r *relationv1.ListRequest) (*relationv1.ListResponse, error) {
	stats, next, err := s.service.List(ctx, which, relation.Query{
		UserID: r.GetUserId(), ViewerID: r.GetViewerId(), Limit: int(r.GetLimit()), WithoutCounts: r.GetWithoutCounts(),
	}, r.GetCursor())
	if err != nil {
		return nil, err
	}
	return &relationv1.ListResponse{Users: fromStats(stats), NextCursor: next}, nil
}

// Lookup implements the contract.
func (s *Server) Lookup(ctx context.Context, r *relationv1.LookupRequest) (*relationv1.LookupResponse, error) {
	stats, err := s.service.Lookup(ctx, r.GetUserIds(), r.GetViewerId())
	if err != nil {
		return nil, err
	}
	return &relationv1.LookupResponse{Users: fromStats(stats)}, nil
}

// GetFollowSet implements the contract.
func (s *Server) GetFollowSet(ctx context.Context, r *relationv1.GetFollowSetRequest) (*relationv1.GetFollowSetResponse, error) {
	set, err := s.service.FollowSet(ctx, r.GetUserId())
	if err != nil {
		return nil, err
	}
	return &relationv1.GetFollowSetResponse{UserIds: set.UserIDs, Capped: set.Capped}, nil
}

// AreFriends implements the contract.
func (s *Server) AreFriends(ctx context.Context, r *relationv1.AreFriendsRequest) (*relationv1.AreFriendsResponse, error) {
	friends, err := s.service.AreFriends(ctx, r.GetUserId(), r.GetOtherId())
	if err != nil {
		return nil, err
	}
	return &relationv1.AreFriendsResponse{Friends: friends}, nil
}
