package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// API is the public API, asked as a guest.
type API interface {
	Get(ctx context.Context, path string, query url.Values) (Answer, error)
}

// Answer holds the fields of all answers that the audit needs.
type Answer struct {
	Code     int         `json:"status_code"`
	Text     string      `json:"status_msg"`
	Next     int64       `json:"next_time"`
	Videos   []VideoSeen `json:"video_list"`
	Users    []UserSeen  `json:"user_list"`
	Comments []Seen      `json:"comment_list"`
	User     UserSeen    `json:"user"`
}

// Seen is an element of a list, with its id alone.
type Seen struct {
	ID int64 `json:"id"`
}

// VideoSeen is a video in an answer.
type VideoSeen struct {
	ID       int64    `json:"id"`
	Author   UserSeen `json:"author"`
	Likes    int64    `json:"favorite_count"`
	Comments int64    `json:"comment_count"`
}

// UserSeen is a user in an answer.
type UserSeen struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Follows   int64  `json:"follow_count"`
	Followers int64  `json:"follower_count"`
	Works     int64  `json:"work_count"`
	Given     int64  `json:"favorite_count"`
	Received  int64  `json:"total_favorited"`
}

// Gateway is the API over HTTP.
type Gateway struct {
	base string
	http http.Client
}

var _ API = (*Gateway)(nil)

const (
	answerTimeout = 15 * time.Second
	maxAnswer     = 64 << 20
)

// NewGateway returns the API at base, a URL without a slash at its end.
func NewGateway(base string) *Gateway {
	return &Gateway{base: base, http: http.Client{Timeout: answerTimeout}}
}

// Get implements API.
func (g *Gateway) Get(ctx context.Context, path string, query url.Values) (answer Answer, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return answer, err
	}
	response, err := g.http.Do(request)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("%s answers %s", path, response.Status)
	}
	return answer, json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&answer)
}
