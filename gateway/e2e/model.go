//go:build e2e

package e2e

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// maxID is the largest integer that every JSON reader takes exactly.
const maxID = 1<<53 - 1

// Status is part of every answer: 0 is success.
type Status struct {
	StatusCode int32  `json:"status_code"`
	StatusMsg  string `json:"status_msg"`
}

func (s Status) status() Status { return s }

// User has all the fields of the final API, wherever a user appears.
type User struct {
	ID              int64  `json:"id"`
	Name            string `json:"name"`
	FollowCount     int64  `json:"follow_count"`
	FollowerCount   int64  `json:"follower_count"`
	IsFollow        bool   `json:"is_follow"`
	Avatar          string `json:"avatar"`
	BackgroundImage string `json:"background_image"`
	Signature       string `json:"signature"`
	TotalFavorited  int64  `json:"total_favorited"`
	WorkCount       int64  `json:"work_count"`
	FavoriteCount   int64  `json:"favorite_count"`
}

func (u User) check() error {
	if u.ID <= 0 || u.ID > maxID {
		return fmt.Errorf("user id %d is out of range", u.ID)
	}
	if u.Name == "" {
		return fmt.Errorf("user %d has no name", u.ID)
	}
	if u.Signature == "" {
		return fmt.Errorf("user %d has no signature: nobody can set one, so there has to be a default", u.ID)
	}
	for _, n := range []int64{u.FollowCount, u.FollowerCount, u.TotalFavorited, u.WorkCount, u.FavoriteCount} {
		if n < 0 {
			return fmt.Errorf("user %d has a negative count", u.ID)
		}
	}
	return checkURLs(u.Avatar, u.BackgroundImage)
}

// Video is what the feed and the lists hold.
type Video struct {
	ID            int64  `json:"id"`
	Author        User   `json:"author"`
	PlayURL       string `json:"play_url"`
	CoverURL      string `json:"cover_url"`
	FavoriteCount int64  `json:"favorite_count"`
	CommentCount  int64  `json:"comment_count"`
	IsFavorite    bool   `json:"is_favorite"`
	Title         string `json:"title"`

	// Beyond the old client.
	State         string `json:"state"`
	Progress      int    `json:"progress"`
	FailureReason string `json:"failure_reason"`
	FailureMsg    string `json:"failure_msg"`
	HlsURL        string `json:"hls_url"`
	DurationMS    int64  `json:"duration_ms"`
	Width         int    `json:"width"`
	Height        int    `json:"height"`
}

// The states of a video, and of an upload that is no video yet.
const (
	uploading  = "uploading"
	uploaded   = "uploaded"
	processing = "processing"
	stateReady = "ready"
	failed     = "failed"
)

func (v Video) check() error {
	if v.ID <= 0 || v.ID > maxID {
		return fmt.Errorf("video id %d is out of range", v.ID)
	}
	if err := checkState(v.State, v.Progress, v.FailureReason, v.FailureMsg); err != nil {
		return fmt.Errorf("video %d: %w", v.ID, err)
	}
	if v.HlsURL != "" {
		if err := checkURLs(v.HlsURL); err != nil {
			return err
		}
	}
	if v.FavoriteCount < 0 || v.CommentCount < 0 {
		return fmt.Errorf("video %d has a negative count", v.ID)
	}
	if err := v.Author.check(); err != nil {
		return fmt.Errorf("author of video %d: %w", v.ID, err)
	}
	return checkURLs(v.PlayURL, v.CoverURL)
}

// checkURLs demands addresses that a phone can open: absolute, and without a
// secret that could run out or leak.
func checkURLs(urls ...string) error {
	for _, raw := range urls {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") || u.RawQuery != "" {
			return fmt.Errorf("%q is no absolute, stable URL", raw)
		}
	}
	return nil
}

// checkState demands a known state, and a reason where there has to be one.
func checkState(state string, progress int, reason, text string) error {
	if !slices.Contains([]string{uploading, uploaded, processing, stateReady, failed}, state) {
		return fmt.Errorf("state %q", state)
	}
	if (state == failed) != (reason != "") || (reason != "") != (text != "") {
		return fmt.Errorf("state %s with the reason %q (%q)", state, reason, text)
	}
	if progress < 0 || progress > 100 {
		return fmt.Errorf("progress of %d %%", progress)
	}
	return nil
}

// PublishReply answers publish and the end of a direct upload.
type PublishReply struct {
	Status
	VideoID int64 `json:"video_id"`
}

func (r PublishReply) check() error {
	if ok := r.StatusCode == 0; ok != (r.VideoID > 0) || r.VideoID > maxID {
		return fmt.Errorf("status %d with video %d", r.StatusCode, r.VideoID)
	}
	return nil
}

// ProcessingReply answers publish/status.
type ProcessingReply struct {
	Status
	VideoID       int64  `json:"video_id"`
	State         string `json:"state"`
	UploadedBytes int64  `json:"uploaded_bytes"`
	TotalBytes    int64  `json:"total_bytes"`
	Progress      int    `json:"progress"`
	FailureReason string `json:"failure_reason"`
	FailureMsg    string `json:"failure_msg"`
	PlayURL       string `json:"play_url"`
	CoverURL      string `json:"cover_url"`
	HlsURL        string `json:"hls_url"`
}

func (r ProcessingReply) check() error {
	if r.StatusCode != 0 {
		return nil
	}
	return checkState(r.State, r.Progress, r.FailureReason, r.FailureMsg)
}

// BeginReply answers publish/begin: the parts that are still to be sent.
type BeginReply struct {
	Status
	VideoID   int64       `json:"video_id"`
	PartSize  int64       `json:"part_size"`
	ExpiresAt int64       `json:"expires_at"`
	Parts     []BeginPart `json:"parts"`
}

// BeginPart is one piece of a direct upload.
type BeginPart struct {
	Number int    `json:"number"`
	Size   int64  `json:"size"`
	URL    string `json:"url"`
}

func (r BeginReply) check() error {
	if r.StatusCode != 0 && len(r.Parts) > 0 {
		return fmt.Errorf("a refusal carries parts")
	}
	return nil
}

// StatusReply answers what has only a status.
type StatusReply struct {
	Status
}

func (StatusReply) check() error { return nil }

// looseReply reads the status of an answer whose other fields do not matter.
type looseReply struct {
	Status
}

func (looseReply) hasMore() {}

func (looseReply) check() error { return nil }

// SessionReply answers register and login.
type SessionReply struct {
	Status
	UserID int64  `json:"user_id"`
	Token  string `json:"token"`
}

func (r SessionReply) check() error {
	if r.StatusCode != 0 {
		if r.Token != "" || r.UserID != 0 {
			return fmt.Errorf("a refusal carries a token or a user id")
		}
		return nil
	}
	if r.Token == "" || r.UserID <= 0 || r.UserID > maxID {
		return fmt.Errorf("success without a token or with user id %d", r.UserID)
	}
	return nil
}

// UserReply answers the profile. A refusal has no user to show; the field is
// there all the same, with the zero of each of its fields.
type UserReply struct {
	Status
	User User `json:"user"`
}

func (r UserReply) check() error {
	if r.StatusCode != 0 {
		if r.User.ID != 0 || r.User.Name != "" {
			return fmt.Errorf("a refusal carries a user")
		}
		return nil
	}
	return r.User.check()
}

// VideosReply answers publish/list.
type VideosReply struct {
	Status
	Videos     []Video `json:"video_list"`
	NextCursor string  `json:"next_cursor"`
}

func (r VideosReply) check() error { return checkVideos(r.Status, r.Videos) }

// FeedReply answers the feed.
type FeedReply struct {
	Status
	NextTime int64   `json:"next_time"`
	Videos   []Video `json:"video_list"`
}

func (r FeedReply) check() error {
	if len(r.Videos) > 30 {
		return fmt.Errorf("%d videos in one batch of the feed", len(r.Videos))
	}
	if r.StatusCode == 0 && r.NextTime < 1e12 {
		return fmt.Errorf("next_time %d is not in milliseconds", r.NextTime)
	}
	return checkVideos(r.Status, r.Videos)
}

func checkVideos(s Status, videos []Video) error {
	if s.StatusCode != 0 && len(videos) > 0 {
		return fmt.Errorf("a refusal carries videos")
	}
	seen := make(map[int64]bool, len(videos))
	for _, v := range videos {
		if err := v.check(); err != nil {
			return err
		}
		if seen[v.ID] {
			return fmt.Errorf("video %d is listed twice", v.ID)
		}
		seen[v.ID] = true
	}
	return nil
}
