package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// Notifications lists likes, comments and follows that concern the token's owner,
// newest first. The phone does not know it.
func (c *Client) Notifications(ctx context.Context, token string, page Page) (NotificationsResponse, error) {
	return Call[NotificationsResponse](ctx, c, http.MethodGet, "/douyin/notification/list/", page.in(url.Values{"token": {token}}))
}

// ReadNotifications marks notifications as read, up to the one with an id, or all
// if it is 0. The phone does not know it.
func (c *Client) ReadNotifications(ctx context.Context, token string, upTo int64) (UnreadResponse, error) {
	query := url.Values{"token": {token}}
	if upTo > 0 {
		query.Set("notification_id", decimal(upTo))
	}
	return Call[UnreadResponse](ctx, c, http.MethodPost, "/douyin/notification/read/", query)
}

// Notification reports one like, comment or follow.
type Notification struct {
	ID         int64            `json:"id"`
	Kind       NotificationKind `json:"kind"`
	Actor      User             `json:"actor"`
	VideoID    int64            `json:"video_id"`    // 0 of a follow
	CommentID  int64            `json:"comment_id"`  // 0 unless commented
	Excerpt    string           `json:"excerpt"`     // of the comment
	CreateTime int64            `json:"create_time"` // Unix milliseconds
}

// NotificationKind says what the actor did.
type NotificationKind string

// The kinds of notifications.
const (
	KindLiked     NotificationKind = "liked"
	KindCommented NotificationKind = "commented"
	KindFollowed  NotificationKind = "followed"
)

// Validate checks that the fields suit the kind.
func (n Notification) Validate() error {
	hasVideo, hasComment := n.VideoID > 0, n.CommentID > 0
	switch n.Kind {
	case KindLiked:
		if !hasVideo || hasComment || n.Excerpt != "" {
			return fmt.Errorf("a like with %+v", n)
		}
	case KindCommented:
		if !hasVideo || !hasComment || n.Excerpt == "" {
			return fmt.Errorf("a comment with %+v", n)
		}
	case KindFollowed:
		if hasVideo || hasComment || n.Excerpt != "" {
			return fmt.Errorf("a follow with %+v", n)
		}
	default:
		return fmt.Errorf("kind %q", n.Kind)
	}
	if n.ID <= 0 || n.CreateTime < firstMillisecond {
		return fmt.Errorf("notification %d at %d", n.ID, n.CreateTime)
	}
	return n.Actor.Validate()
}

// NotificationsResponse answers Notifications.
type NotificationsResponse struct {
	Status
	Continued
	Unread        int64          `json:"unread_count"`  // on all pages, at most 1,000
	UnreadCapped  bool           `json:"unread_capped"` // there may be more
	Notifications []Notification `json:"notification_list"`
}

// Validate checks the notifications and their order.
func (r NotificationsResponse) Validate() error {
	for i := 1; i < len(r.Notifications); i++ {
		if r.Notifications[i].ID >= r.Notifications[i-1].ID {
			return errors.New("notifications are not newest first")
		}
	}
	return validateList(r.Status, r.Notifications, func(n Notification) (int64, error) { return n.ID, n.Validate() })
}

// UnreadResponse answers ReadNotifications.
type UnreadResponse struct {
	Status
	Unread       int64 `json:"unread_count"`
	UnreadCapped bool  `json:"unread_capped"`
}

// Validate returns nil.
func (UnreadResponse) Validate() error { return nil }
