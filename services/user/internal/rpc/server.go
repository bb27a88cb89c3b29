// Package rpc implements the gRPC service of the user contract on top of the
// rules. It returns errors unchanged; the server's interceptor encodes them.
package rpc

import (
	"context"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
	"github.com/douyin-on-dapr/douyin/services/user/internal/wire"
)

// Users registers users, logs them in and reads their profiles.
type Users interface {
	Register(ctx context.Context, name, password string) (user.LoginResult, error)
	Login(ctx context.Context, name, password string) (user.LoginResult, error)
	Profiles(ctx context.Context, ids []int64) ([]user.Profile, error)
}

var _ Users = (*user.Service)(nil)

// Server implements userv1.UserServiceServer.
type Server struct {
	userv1.UnimplementedUserServiceServer
	users      Users
	activities Activities
}

var _ userv1.UserServiceServer = (*Server)(nil)

// NewServer returns a server that calls the rules.
func NewServer(users Users, activities Activities) *Server {
	return &Server{users: users, activities: activities}
}

// Register implements userv1.UserServiceServer.
func (s *Server) Register(ctx context.Context, r *userv1.RegisterRequest) (*userv1.RegisterResponse, error) {
	result, err := s.users.Register(ctx, r.GetName(), r.GetPassword())
	if err != nil {
		return nil, err
	}
	return &userv1.RegisterResponse{UserId: result.UserID, SessionId: result.SessionID}, nil
}

// Login implements userv1.UserServiceServer.
func (s *Server) Login(ctx context.Context, r *userv1.LoginRequest) (*userv1.LoginResponse, error) {
	result, err := s.users.Login(ctx, r.GetName(), r.GetPassword())
	if err != nil {
		return nil, err
	}
	return &userv1.LoginResponse{UserId: result.UserID, SessionId: result.SessionID}, nil
}

// GetProfiles implements userv1.UserServiceServer.
func (s *Server) GetProfiles(ctx context.Context, r *userv1.GetProfilesRequest) (*userv1.GetProfilesResponse, error) {
	profiles, err := s.users.Profiles(ctx, r.GetUserIds())
	if err != nil {
		return nil, err
	}
	response := &userv1.GetProfilesResponse{Profiles: make([]*userv1.Profile, len(profiles))}
	for i, profile := range profiles {
		response.Profiles[i] = wire.FromProfile(profile)
	}
	return response, nil
}
