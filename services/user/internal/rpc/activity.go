package rpc

import (
	"context"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
)

// Activities lists activities and marks them as read.
type Activities interface {
	List(ctx context.Context, userID, beforeID int64, limit int) (activity.Page, error)
	MarkRead(ctx context.Context, userID, upToID int64) (unread int64, err error)
}

var _ Activities = (*activity.Service)(nil)

// ListActivities implements userv1.UserServiceServer.
func (s *Server) ListActivities(ctx context.Context, r *userv1.ListActivitiesRequest) (*userv1.ListActivitiesResponse, error) {
	page, err := s.activities.List(ctx, r.GetUserId(), r.GetBeforeId(), int(r.GetLimit()))
	if err != nil {
		return nil, err
	}
	response := &userv1.ListActivitiesResponse{NextBeforeId: page.NextID, Unread: page.Unread, UnreadCapped: page.Unread >= activity.MaxUnread}
	for _, entry := range page.Entries {
		response.Activities = append(response.Activities, fromEntry(entry))
	}
	return response, nil
}

// MarkActivitiesRead implements userv1.UserServiceServer.
func (s *Server) MarkActivitiesRead(ctx context.Context, r *userv1.MarkActivitiesReadRequest) (*userv1.MarkActivitiesReadResponse, error) {
	unread, err := s.activities.MarkRead(ctx, r.GetUserId(), r.GetUpToId())
	if err != nil {
		return nil, err
	}
	return &userv1.MarkActivitiesReadResponse{Unread: unread, UnreadCapped: unread >= activity.MaxUnread}, nil
}
