package rpc_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
)

func TestActivitiesOverTheWire(t *testing.T) {
	s := newHarness(t)
	at := time.UnixMilli(1_772_366_400_123)
	for i, entry := range []activity.Entry{
		{UserID: 5, Kind: activity.Liked, ActorID: 1, VideoID: 7, OccurredAt: at},
		{UserID: 5, Kind: activity.Commented, ActorID: 2, VideoID: 7, CommentID: 70, Excerpt: "你好", OccurredAt: at},
		{UserID: 5, Kind: activity.Followed, ActorID: 3, OccurredAt: at},
	} {
		name := string(rune('a' + i))
		if err := s.activities.Apply(t.Context(), []activity.Change{{EventID: name, Subject: name, Version: 1, Present: true, Entry: entry}}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.ListActivities(t.Context(), &userv1.ListActivitiesRequest{UserId: 5, Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := &userv1.ListActivitiesResponse{
		Activities: []*userv1.Activity{
			{Id: 3, Kind: userv1.ActivityKind_ACTIVITY_KIND_FOLLOWED, ActorId: 3, OccurredAtMs: at.UnixMilli()},
			{Id: 2, Kind: userv1.ActivityKind_ACTIVITY_KIND_COMMENTED, ActorId: 2, VideoId: 7, CommentId: 70, Excerpt: "你好", OccurredAtMs: at.UnixMilli()},
		},
		NextBeforeId: 2, Unread: 3,
	}
	if !proto.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	rest, err := s.ListActivities(t.Context(), &userv1.ListActivitiesRequest{UserId: 5, BeforeId: 2})
	if err != nil || len(rest.GetActivities()) != 1 || rest.GetActivities()[0].GetKind() != userv1.ActivityKind_ACTIVITY_KIND_LIKED || rest.GetNextBeforeId() != 0 {
		t.Errorf("the rest is %v, %v", rest, err)
	}
	if read, err := s.MarkActivitiesRead(t.Context(), &userv1.MarkActivitiesReadRequest{UserId: 5, UpToId: 2}); err != nil || read.GetUnread() != 1 {
		t.Errorf("read %v, %v", read, err)
	}
	if _, err := s.ListActivities(t.Context(), &userv1.ListActivitiesRequest{}); errs.ReasonOf(errs.FromStatus(err)) != userv1.ReasonIDsInvalid {
		t.Errorf("list of user 0: %v", err)
	}
}
