package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Feed returns up to 30 videos published before a time in Unix milliseconds, 0
// for the newest.
func (c *Client) Feed(ctx context.Context, before int64, token string) (FeedResponse, error) {
	latest := ""
	if before != 0 {
		latest = decimal(before)
	}
	return Call[FeedResponse](ctx, c, http.MethodGet, "/douyin/feed", url.Values{"latest_time": {latest}, "token": {token}})
}

// PublishList lists the videos of a user, newest first. Authors see their own in
// every state.
func (c *Client) PublishList(ctx context.Context, userID int64, token string, page Page) (VideosResponse, error) {
	return Call[VideosResponse](ctx, c, http.MethodGet, "/douyin/publish/list/", page.in(ofUser(userID, token)))
}

// Liked lists the videos that a user likes.
func (c *Client) Liked(ctx context.Context, userID int64, token string, page Page) (VideosResponse, error) {
	return Call[VideosResponse](ctx, c, http.MethodGet, "/douyin/favorite/list/", page.in(ofUser(userID, token)))
}

// Video is a video in the feed and in lists.
type Video struct {
	ID            int64  `json:"id"`
	Author        User   `json:"author"`
	PlayURL       string `json:"play_url"`
	CoverURL      string `json:"cover_url"`
	FavoriteCount int64  `json:"favorite_count"`
	CommentCount  int64  `json:"comment_count"`
	IsFavorite    bool   `json:"is_favorite"` // the viewer likes the video
	Title         string `json:"title"`

	// Unknown to the phone.
	State         State  `json:"state"`
	Progress      int    `json:"progress"` // percent
	FailureReason string `json:"failure_reason"`
	FailureMsg    string `json:"failure_msg"`
	HlsURL        string `json:"hls_url"`
	DurationMS    int64  `json:"duration_ms"`
	Width         int    `json:"width"`
	Height        int    `json:"height"`
}

// State is the state of a video, or of an upload before it is a video.
type State string

// The states.
const (
	StateUploading  State = "uploading"
	StateUploaded   State = "uploaded"
	StateProcessing State = "processing"
	StateReady      State = "ready"
	StateFailed     State = "failed"
)

// Validate checks the video's fields and its author.
func (v Video) Validate() error {
	if !validID(v.ID) {
		return fmt.Errorf("video id %d is out of range", v.ID)
	}
	if err := validateState(v.State, v.Progress, v.FailureReason, v.FailureMsg); err != nil {
		return fmt.Errorf("video %d: %w", v.ID, err)
	}
	if v.HlsURL != "" {
		if err := validateURLs(v.HlsURL); err != nil {
			return err
		}
	}
	if v.FavoriteCount < 0 || v.CommentCount < 0 {
		return fmt.Errorf("video %d has a negative count", v.ID)
	}
	if err := v.Author.Validate(); err != nil {
		return fmt.Errorf("author of video %d: %w", v.ID, err)
	}
	return validateURLs(v.PlayURL, v.CoverURL)
}

// validateURLs demands addresses that a phone can open: absolute, and without a
// query, which could hold a secret or expire.
func validateURLs(urls ...string) error {
	for _, raw := range urls {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") || u.RawQuery != "" {
			return fmt.Errorf("%q is not an absolute, stable URL", raw)
		}
	}
	return nil
}

// validateState demands a known state, and a reason exactly if it is failed.
func validateState(state State, progress int, reason, message string) error {
	if !slices.Contains([]State{StateUploading, StateUploaded, StateProcessing, StateReady, StateFailed}, state) {
		return fmt.Errorf("state %q", state)
	}
	if (state == StateFailed) != (reason != "") || (reason != "") != (message != "") {
		return fmt.Errorf("state %s with the reason %q (%q)", state, reason, message)
	}
	if progress < 0 || progress > 100 {
		return fmt.Errorf("progress of %d %%", progress)
	}
	return nil
}

// VideosResponse answers PublishList and Liked.
type VideosResponse struct {
	Status
	Continued
	Videos []Video `json:"video_list"`
}

// Validate checks the videos.
func (r VideosResponse) Validate() error { return validateVideos(r.Status, r.Videos) }

// FeedResponse answers Feed.
type FeedResponse struct {
	Status
	NextTime int64   `json:"next_time"` // Unix milliseconds; Feed continues from it
	Videos   []Video `json:"video_list"`
}

const (
	// maxFeed is how many videos the phone takes at once.
	maxFeed = 30
	// firstMillisecond tells Unix milliseconds from seconds.
	firstMillisecond = 1e12
)

// Validate checks the videos and next_time.
func (r FeedResponse) Validate() error {
	if len(r.Videos) > maxFeed {
		return fmt.Errorf("%d videos in one page of the feed", len(r.Videos))
	}
	if r.Code == CodeOK && r.NextTime < firstMillisecond {
		return fmt.Errorf("next_time %d is not in milliseconds", r.NextTime)
	}
	return validateVideos(r.Status, r.Videos)
}

func validateVideos(s Status, videos []Video) error {
	return validateList(s, videos, func(v Video) (int64, error) { return v.ID, v.Validate() })
}

// validateList demands that each entry is valid and listed once, and that a refusal
// lists nothing.
func validateList[T any](s Status, entries []T, validate func(T) (id int64, err error)) error {
	if s.Code != CodeOK && len(entries) > 0 {
		return errors.New("a refusal carries entries")
	}
	seen := make(map[int64]bool, len(entries))
	for _, entry := range entries {
		id, err := validate(entry)
		if err != nil {
			return err
		}
		if seen[id] {
			return fmt.Errorf("%d is listed twice", id)
		}
		seen[id] = true
	}
	return nil
}
