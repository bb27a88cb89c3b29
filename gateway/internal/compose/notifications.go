package compose

import (
	"context"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

// Notification is a like, a comment or a follow that concerns a user. The old client
// does not show it.
type Notification struct {
	ID         int64  `json:"id"`
	Kind       string `json:"kind"` // liked, commented or followed
	Actor      User   `json:"actor"`
	VideoID    int64  `json:"video_id"`   // 0 for a follow
	CommentID  int64  `json:"comment_id"` // 0 unless a comment
	Excerpt    string `json:"excerpt"`    // the beginning of the comment
	CreateTime int64  `json:"create_time"`
}

// Notifications is a page of a user's list.
type Notifications struct {
	Entries []Notification // newest first, never nil
	Next    int64          // the id before which the next page starts, 0 at the end
	Unread  int64          // on all pages, at most 1,000
	// UnreadCapped says that there may be more unread notifications.
	UnreadCapped bool
}

// Notifications returns the notifications of the viewer, newest first.
func (c *Composer) Notifications(ctx context.Context, viewerID, beforeID int64, limit int32) (Notifications, error) {
	followed := c.followedBy(ctx, viewerID)
	answer, err := c.users.ListActivities(ctx, &userv1.ListActivitiesRequest{UserId: viewerID, BeforeId: beforeID, Limit: limit})
	if err != nil {
		return Notifications{}, err
	}
	ids := make([]int64, len(answer.GetActivities()))
	for i, a := range answer.GetActivities() {
		ids[i] = a.GetActorId()
	}
	actors, err := c.cards.users(ctx, viewerID, ids, followed)
	if err != nil {
		return Notifications{}, err
	}
	list := Notifications{
		Entries: make([]Notification, 0, len(answer.GetActivities())),
		Next:    answer.GetNextBeforeId(),
		Unread:  answer.GetUnread(), UnreadCapped: answer.GetUnreadCapped(),
	}
	for i, a := range answer.GetActivities() {
		list.Entries = append(list.Entries, Notification{
			ID: a.GetId(), Kind: kindName(a.GetKind()), Actor: actors[i],
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
