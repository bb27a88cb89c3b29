//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// The values of action_type: whether a thing is to be there or not.
const (
	on  = "1"
	off = "2"
)

func action(wanted bool) string {
	if wanted {
		return on
	}
	return off
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// Like likes a video or ends the like.
func (p *Phone) Like(ctx context.Context, token string, videoID int64, wanted bool) (StatusReply, error) {
	return call[StatusReply](ctx, p, http.MethodPost, "/douyin/favorite/action/",
		url.Values{"token": {token}, "video_id": {decimal(videoID)}, "action_type": {action(wanted)}})
}

// Follow follows a user or ends it.
func (p *Phone) Follow(ctx context.Context, token string, userID int64, wanted bool) (StatusReply, error) {
	return call[StatusReply](ctx, p, http.MethodPost, "/douyin/relation/action/",
		url.Values{"token": {token}, "to_user_id": {decimal(userID)}, "action_type": {action(wanted)}})
}

// Comment posts a comment.
func (p *Phone) Comment(ctx context.Context, token string, videoID int64, text string) (CommentReply, error) {
	return call[CommentReply](ctx, p, http.MethodPost, "/douyin/comment/action/",
		url.Values{"token": {token}, "video_id": {decimal(videoID)}, "action_type": {on}, "comment_text": {text}})
}

// CommentAs posts a comment under a name of the request, so that it can be
// repeated.
func (p *Phone) CommentAs(ctx context.Context, token string, videoID int64, text, requestID string) (CommentReply, error) {
	return call[CommentReply](ctx, p, http.MethodPost, "/douyin/comment/action/", url.Values{"token": {token},
		"video_id": {decimal(videoID)}, "action_type": {on}, "comment_text": {text}, "request_id": {requestID}})
}

// Uncomment deletes a comment.
func (p *Phone) Uncomment(ctx context.Context, token string, videoID, commentID int64) (StatusReply, error) {
	return call[StatusReply](ctx, p, http.MethodPost, "/douyin/comment/action/",
		url.Values{"token": {token}, "video_id": {decimal(videoID)}, "action_type": {off}, "comment_id": {decimal(commentID)}})
}

// Send sends a message.
func (p *Phone) Send(ctx context.Context, token string, userID int64, text string) (StatusReply, error) {
	return call[StatusReply](ctx, p, http.MethodPost, "/douyin/message/action/",
		url.Values{"token": {token}, "to_user_id": {decimal(userID)}, "action_type": {on}, "content": {text}})
}

// SendAs sends a message under a name of the request, so that it can be repeated.
func (p *Phone) SendAs(ctx context.Context, token string, userID int64, text, requestID string) (StatusReply, error) {
	return call[StatusReply](ctx, p, http.MethodPost, "/douyin/message/action/", url.Values{"token": {token},
		"to_user_id": {decimal(userID)}, "action_type": {on}, "content": {text}, "request_id": {requestID}})
}

// Chat polls a conversation; since is sent as it is.
func (p *Phone) Chat(ctx context.Context, token string, userID int64, since string) (MessagesReply, error) {
	return call[MessagesReply](ctx, p, http.MethodGet, "/douyin/message/chat/",
		url.Values{"token": {token}, "to_user_id": {decimal(userID)}, "pre_msg_time": {since}})
}

// Part asks for a part of a list. The zero value asks as the old client does,
// which knows neither parameter.
type Part struct {
	Cursor string
	Limit  int
}

func (p Part) in(query url.Values) url.Values {
	if p.Cursor != "" {
		query.Set("cursor", p.Cursor)
	}
	if p.Limit > 0 {
		query.Set("limit", strconv.Itoa(p.Limit))
	}
	return query
}

func ofUser(userID int64, token string) url.Values {
	return url.Values{"user_id": {decimal(userID)}, "token": {token}}
}

// Liked lists what a user likes.
func (p *Phone) Liked(ctx context.Context, userID int64, token string, part Part) (LikedReply, error) {
	return call[LikedReply](ctx, p, http.MethodGet, "/douyin/favorite/list/", part.in(ofUser(userID, token)))
}

// Comments lists the comments of a video.
func (p *Phone) Comments(ctx context.Context, videoID int64, token string, part Part) (CommentsReply, error) {
	return call[CommentsReply](ctx, p, http.MethodGet, "/douyin/comment/list/",
		part.in(url.Values{"video_id": {decimal(videoID)}, "token": {token}}))
}

// Follows lists whom a user follows.
func (p *Phone) Follows(ctx context.Context, userID int64, token string, part Part) (UsersReply, error) {
	return call[UsersReply](ctx, p, http.MethodGet, "/douyin/relation/follow/list/", part.in(ofUser(userID, token)))
}

// Followers lists who follows a user.
func (p *Phone) Followers(ctx context.Context, userID int64, token string, part Part) (UsersReply, error) {
	return call[UsersReply](ctx, p, http.MethodGet, "/douyin/relation/follower/list/", part.in(ofUser(userID, token)))
}

// Friends lists who follows back.
func (p *Phone) Friends(ctx context.Context, userID int64, token string, part Part) (FriendsReply, error) {
	return call[FriendsReply](ctx, p, http.MethodGet, "/douyin/relation/friend/list/", part.in(ofUser(userID, token)))
}

// Notifications lists what others did that concerns the owner of the token.
func (p *Phone) Notifications(ctx context.Context, token string, part Part) (NotificationsReply, error) {
	return call[NotificationsReply](ctx, p, http.MethodGet, "/douyin/notification/list/", part.in(url.Values{"token": {token}}))
}

// ReadNotifications marks them as read, up to one or, with 0, all.
func (p *Phone) ReadNotifications(ctx context.Context, token string, upTo int64) (UnreadReply, error) {
	query := url.Values{"token": {token}, "action_type": {on}}
	if upTo > 0 {
		query.Set("notification_id", decimal(upTo))
	}
	return call[UnreadReply](ctx, p, http.MethodPost, "/douyin/notification/read/", query)
}
