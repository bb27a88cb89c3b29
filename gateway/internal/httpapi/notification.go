package httpapi

import (
	"strconv"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

type notificationsReply struct {
	status
	Notifications []compose.Notification `json:"notification_list"`
	Unread        int64                  `json:"unread_count"` // on all parts of the list
	NextCursor    string                 `json:"next_cursor"`  // "" at the end
}

func emptyNotifications() reply {
	return &notificationsReply{Notifications: []compose.Notification{}}
}

type unreadReply struct {
	status
	Unread int64 `json:"unread_count"`
}

func emptyUnread() reply { return &unreadReply{} }

// notificationList shows what others did that concerns the viewer. It is beyond
// the old client.
func (a *api) notificationList(x *exchange) (reply, error) {
	page, err := x.params.page()
	if err != nil {
		return nil, err
	}
	before, err := idCursor(page.Cursor)
	if err != nil {
		return nil, err
	}
	list, err := a.Composed.Notifications(x.ctx, x.viewer.UserID, before, page.Limit)
	if err != nil {
		return nil, err
	}
	r := &notificationsReply{Notifications: list.Entries, Unread: list.Unread}
	if list.Next > 0 {
		r.NextCursor = strconv.FormatInt(list.Next, 10)
	}
	return r, nil
}

// notificationRead marks the viewer's list as read, up to an entry if one is
// named.
func (a *api) notificationRead(x *exchange) (reply, error) {
	upTo, err := x.params.id("notification_id")
	if err != nil {
		return nil, err
	}
	answer, err := a.Accounts.MarkActivitiesRead(x.ctx, &userv1.MarkActivitiesReadRequest{UserId: x.viewer.UserID, UpToId: upTo})
	if err != nil {
		return nil, err
	}
	return &unreadReply{Unread: answer.GetUnread()}, nil
}

// idCursor reads the cursor of a list that goes by ids or by times; "" is 0.
func idCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || id <= 0 || id > maxID {
		return 0, errParamInvalid
	}
	return id, nil
}
