package rpc

import (
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
)

func fromEntry(e activity.Entry) *userv1.Activity {
	return &userv1.Activity{
		Id: e.ID, Kind: fromKind(e.Kind), ActorId: e.ActorID, VideoId: e.VideoID, CommentId: e.CommentID,
		Excerpt: e.Excerpt, OccurredAtMs: e.OccurredAt.UnixMilli(),
	}
}

func fromKind(k activity.Kind) userv1.ActivityKind {
	switch k {
	case activity.Liked:
		return userv1.ActivityKind_ACTIVITY_KIND_LIKED
	case activity.Commented:
		return userv1.ActivityKind_ACTIVITY_KIND_COMMENTED
	case activity.Followed:
		return userv1.ActivityKind_ACTIVITY_KIND_FOLLOWED
	}
	return userv1.ActivityKind_ACTIVITY_KIND_UNSPECIFIED
}
