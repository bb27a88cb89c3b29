package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Register creates an account and its first session.
func (c *Client) Register(ctx context.Context, name, password string) (SessionResponse, error) {
	return Call[SessionResponse](ctx, c, http.MethodPost, "/douyin/user/register/",
		url.Values{"username": {name}, "password": {password}})
}

// Login opens one more session.
func (c *Client) Login(ctx context.Context, name, password string) (SessionResponse, error) {
	return Call[SessionResponse](ctx, c, http.MethodPost, "/douyin/user/login/",
		url.Values{"username": {name}, "password": {password}})
}

// Profile returns a user as the owner of the token sees it; token may be "".
func (c *Client) Profile(ctx context.Context, userID int64, token string) (UserResponse, error) {
	return Call[UserResponse](ctx, c, http.MethodGet, "/douyin/user/", ofUser(userID, token))
}

// SessionResponse answers Register and Login.
type SessionResponse struct {
	Status
	UserID int64  `json:"user_id"`
	Token  string `json:"token"`
}

// Validate checks that a session is complete, and that a refusal has none.
func (r SessionResponse) Validate() error {
	if r.Code != CodeOK {
		if r.Token != "" || r.UserID != 0 {
			return errors.New("a refusal carries a token or a user id")
		}
		return nil
	}
	if r.Token == "" || !validID(r.UserID) {
		return fmt.Errorf("success without a token or with user id %d", r.UserID)
	}
	return nil
}

// User is a user in any response, with the same fields everywhere.
type User struct {
	ID              int64  `json:"id"`
	Name            string `json:"name"`
	FollowCount     int64  `json:"follow_count"`
	FollowerCount   int64  `json:"follower_count"`
	IsFollow        bool   `json:"is_follow"` // the viewer follows the user
	Avatar          string `json:"avatar"`
	BackgroundImage string `json:"background_image"`
	Signature       string `json:"signature"`
	TotalFavorited  int64  `json:"total_favorited"` // likes of the user's videos
	WorkCount       int64  `json:"work_count"`
	FavoriteCount   int64  `json:"favorite_count"` // videos that the user likes
}

// Validate checks the user's fields.
func (u User) Validate() error {
	if !validID(u.ID) {
		return fmt.Errorf("user id %d is out of range", u.ID)
	}
	if u.Name == "" {
		return fmt.Errorf("user %d has no name", u.ID)
	}
	if u.Signature == "" {
		return fmt.Errorf("user %d has no signature: nobody can set one, so it needs a default", u.ID)
	}
	for _, n := range []int64{u.FollowCount, u.FollowerCount, u.TotalFavorited, u.WorkCount, u.FavoriteCount} {
		if n < 0 {
			return fmt.Errorf("user %d has a negative count", u.ID)
		}
	}
	return validateURLs(u.Avatar, u.BackgroundImage)
}

// UserResponse answers Profile. In a refusal the user has no values.
type UserResponse struct {
	Status
	User User `json:"user"`
}

// Validate checks the user, and that a refusal has none.
func (r UserResponse) Validate() error {
	if r.Code != CodeOK {
		if r.User.ID != 0 || r.User.Name != "" {
			return errors.New("a refusal carries a user")
		}
		return nil
	}
	return r.User.Validate()
}

// MaxID is the largest integer that every JSON reader reads exactly. No id is
// larger.
const MaxID = 1<<53 - 1

func validID(id int64) bool { return id > 0 && id <= MaxID }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// ofUser returns the parameters of a request about a user.
func ofUser(userID int64, token string) url.Values {
	return url.Values{"user_id": {decimal(userID)}, "token": {token}}
}

// in adds the page to the parameters of a request.
func (p Page) in(query url.Values) url.Values {
	if p.Cursor != "" {
		query.Set("cursor", p.Cursor)
	}
	if p.Limit > 0 {
		query.Set("limit", strconv.Itoa(p.Limit))
	}
	return query
}
