package compose

import (
	"context"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

// Notification tells a user that somebody liked, commented or followed. The old
// client does not know it.
type Notification struct {
	ID         int64  `json:"id"`
	Kind       string `json:"kind"` // liked, commented or followed
	Actor      User   `json:"actor"`
	VideoID    int64  `json:"video_id"`   // 0 for a follow
	CommentID  int64  `json:"comment_id"` // 0 but for a comment
	Excerpt    string `json:"excerpt"`    // the beginning of the comment
	CreateTime int64  `json:"create_time"`
}

// Notifications is a part of a user's list.
type Notifications struct {
	Entries []Notification // newest first, never nil
	Next    int64          // the id before which the part after it starts, 0 at the end
	Unread  int64          // on all parts
}

// Notifications are what others did that concerns the viewer, newest first.
func (c *Composer) Notifications(ctx context.Context, viewerID, beforeID int64, limit int32) (Notifications, error) {
	answer, err := c.users.ListActivities(ctx, &userv1.ListActivitiesRequest{UserId: viewerID, BeforeId: beforeID, Limit: limit})
	if err != nil {
		return Notifications{}, err
	}
	actors := newGathering(answer.GetActivities(), (*userv1.Activity).GetActorId)
	if err := c.gather(ctx, actors, wantProfiles, wantWorks, wantLikes, wantRelations(viewerID)); err != nil {
		return Notifications{}, err
	}
	list := Notifications{
		Entries: make([]Notification, 0, len(answer.GetActivities())),
		Next:    answer.GetNextBeforeId(),
		Unread:  answer.GetUnread(),
	}
	for _, a := range answer.GetActivities() {
		list.Entries = append(list.Entries, Notification{
			ID: a.GetId(), Kind: kindName(a.GetKind()), Actor: c.user(a.GetActorId(), actors.cards[a.GetActorId()]),
			VideoID: a.GetVideoId(), CommentID: a.GetCommentId(), Excerpt: a.GetExcerpt(), CreateTime: a.GetOccurredAtMs(),
		})
	}
	return list, nil
}

func kindName(k userv1.ActivityKind) string {
	switch k {
	case userv1.ActivityKind_ACTIVITY_KIND_LIKED:
		return "liked"
	case userv1.ActivityKind_ACTIVITY_KIND_COMMENTED:
		return "commented"
	case userv1.ActivityKind_ACTIVITY_KIND_FOLLOWED:
		return "followed"
	case userv1.ActivityKind_ACTIVITY_KIND_UNSPECIFIED:
	}
	return "other" // of a newer user service
}
