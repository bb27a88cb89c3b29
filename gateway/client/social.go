package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// The values of action_type.
const (
	actionSet    = "1"
	actionRemove = "2"
)

func action(set bool) string {
	if set {
		return actionSet
	}
	return actionRemove
}

// Like creates or removes a like. It can be repeated.
func (c *Client) Like(ctx context.Context, token string, videoID int64, liked bool) (StatusResponse, error) {
	query := ofVideo(token, videoID)
	query.Set("action_type", action(liked))
	return Call[StatusResponse](ctx, c, http.MethodPost, "/douyin/favorite/action/", query)
}

// Follow creates or removes a follow. It can be repeated.
func (c *Client) Follow(ctx context.Context, token string, userID int64, followed bool) (StatusResponse, error) {
	return Call[StatusResponse](ctx, c, http.MethodPost, "/douyin/relation/action/",
		url.Values{"token": {token}, "to_user_id": {decimal(userID)}, "action_type": {action(followed)}})
}

// PostComment posts a comment. With a requestID, which the phone does not know, it
// can be repeated; "" leaves it out.
func (c *Client) PostComment(ctx context.Context, token string, videoID int64, text, requestID string) (CommentResponse, error) {
	query := ofVideo(token, videoID)
	query.Set("action_type", actionSet)
	query.Set("comment_text", text)
	if requestID != "" {
		query.Set("request_id", requestID)
	}
	return Call[CommentResponse](ctx, c, http.MethodPost, "/douyin/comment/action/", query)
}

// DeleteComment deletes a comment of the token's owner.
func (c *Client) DeleteComment(ctx context.Context, token string, videoID, commentID int64) (StatusResponse, error) {
	query := ofVideo(token, videoID)
	query.Set("action_type", actionRemove)
	query.Set("comment_id", decimal(commentID))
	return Call[StatusResponse](ctx, c, http.MethodPost, "/douyin/comment/action/", query)
}

// Comments lists the comments of a video, newest first.
func (c *Client) Comments(ctx context.Context, videoID int64, token string, page Page) (CommentsResponse, error) {
	return Call[CommentsResponse](ctx, c, http.MethodGet, "/douyin/comment/list/", page.in(ofVideo(token, videoID)))
}

// Follows lists the users whom a user follows.
func (c *Client) Follows(ctx context.Context, userID int64, token string, page Page) (UsersResponse, error) {
	return Call[UsersResponse](ctx, c, http.MethodGet, "/douyin/relation/follow/list/", page.in(ofUser(userID, token)))
}

// Followers lists the users who follow a user.
func (c *Client) Followers(ctx context.Context, userID int64, token string, page Page) (UsersResponse, error) {
	return Call[UsersResponse](ctx, c, http.MethodGet, "/douyin/relation/follower/list/", page.in(ofUser(userID, token)))
}

// UsersResponse answers Follows and Followers.
type UsersResponse struct {
	Status
	Continued
	Users []User `json:"user_list"`
}

// Validate checks the users.
func (r UsersResponse) Validate() error {
	return validateList(r.Status, r.Users, func(u User) (int64, error) { return u.ID, u.Validate() })
}

// Comment is a comment of a video.
type Comment struct {
	ID         int64  `json:"id"`
	User       User   `json:"user"`
	Content    string `json:"content"`
	CreateDate string `json:"create_date"` // MM-DD
	LikeCount  int64  `json:"like_count"`  // always 0, as is TeaseCount: the phone draws both over the text
	TeaseCount int64  `json:"tease_count"`
}

// validDate reports whether a date has the form MM-DD.
func validDate(date string) bool {
	_, err := time.Parse("01-02", date)
	return err == nil
}

// Validate checks the comment's fields.
func (c Comment) Validate() error {
	switch {
	case !validID(c.ID):
		return fmt.Errorf("comment id %d is out of range", c.ID)
	case c.Content == "":
		return fmt.Errorf("comment %d is empty", c.ID)
	case !validDate(c.CreateDate):
		return fmt.Errorf("create_date %q of comment %d is not MM-DD", c.CreateDate, c.ID)
	case c.LikeCount != 0 || c.TeaseCount != 0:
		return fmt.Errorf("comment %d has counts, which the phone draws over its text", c.ID)
	}
	return c.User.Validate()
}

// CommentResponse answers PostComment. The response to a deletion has no comment
// and is a StatusResponse.
type CommentResponse struct {
	Status
	Comment *Comment `json:"comment,omitempty"`
}

// Validate checks that a success has the comment, and a refusal has none.
func (r CommentResponse) Validate() error {
	if r.Code != CodeOK {
		if r.Comment != nil {
			return errors.New("a refusal carries a comment")
		}
		return nil
	}
	if r.Comment == nil {
		return errors.New("success without the comment, which the phone shows")
	}
	return r.Comment.Validate()
}

// CommentsResponse answers Comments.
type CommentsResponse struct {
	Status
	Continued
	Comments []Comment `json:"comment_list"`
}

// Validate checks the comments.
func (r CommentsResponse) Validate() error {
	return validateList(r.Status, r.Comments, func(c Comment) (int64, error) { return c.ID, c.Validate() })
}
