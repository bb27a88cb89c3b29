package httpapi

import (
	"strconv"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

type notificationsReply struct {
	request.Head
	Notifications []compose.Notification `json:"notification_list"`
	Unread        int64                  `json:"unread_count"`  // on all parts of the list, at most 1,000
	UnreadCapped  bool                   `json:"unread_capped"` // there may be more: "999+"
	NextCursor    string                 `json:"next_cursor"`   // "" at the end
}

func emptyNotifications() request.Reply {
	return &notificationsReply{Notifications: []compose.Notification{}}
}

type unreadReply struct {
	request.Head
	Unread       int64 `json:"unread_count"`
	UnreadCapped bool  `json:"unread_capped"`
}

func emptyUnread() request.Reply { return &unreadReply{} }

// notificationList shows what others did that concerns the viewer. It is beyond
// the old client.
func (a *api) notificationList(r *request.Request) (request.Reply, error) {
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	before, err := numericCursor(page.Cursor)
	if err != nil {
		return nil, err
	}
	list, err := a.Composer.Notifications(r.Context(), r.Viewer.UserID, before, page.Limit)
	if err != nil {
		return nil, err
	}
	reply := &notificationsReply{Notifications: list.Entries, Unread: list.Unread, UnreadCapped: list.UnreadCapped}
	if list.Next > 0 {
		reply.NextCursor = strconv.FormatInt(list.Next, 10)
	}
	return reply, nil
}

// notificationRead marks the viewer's list as read, up to an entry if one is
// named.
func (a *api) notificationRead(r *request.Request) (request.Reply, error) {
	upTo, err := r.Params.ID("notification_id")
	if err != nil {
		return nil, err
	}
	answer, err := a.Accounts.MarkActivitiesRead(r.Context(), &userv1.MarkActivitiesReadRequest{UserId: r.Viewer.UserID, UpToId: upTo})
	if err != nil {
		return nil, err
	}
	return &unreadReply{Unread: answer.GetUnread(), UnreadCapped: answer.GetUnreadCapped()}, nil
}
