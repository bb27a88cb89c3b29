package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Publish uploads a video as the phone does, which sends the file before the
// token. The video is not read into memory.
func (c *Client) Publish(ctx context.Context, token, title string, video io.Reader) (PublishResponse, error) {
	return c.PublishForm(ctx, nil, FileField("data", "VID_20230217.mp4", video), TextField("token", token), TextField("title", title))
}

// PublishForm uploads a video with a query and with fields in the given order. The
// body is streamed, so its length is not announced.
func (c *Client) PublishForm(ctx context.Context, query url.Values, fields ...Field) (PublishResponse, error) {
	body, contentType := Form(fields...)
	defer body.Close()
	return Send[PublishResponse](ctx, c, http.MethodPost, "/douyin/publish/action/", query, contentType, body)
}

// PublishStatus returns the state of a video or an upload. The phone does not know
// it.
func (c *Client) PublishStatus(ctx context.Context, token string, videoID int64) (PublishStatusResponse, error) {
	return Call[PublishStatusResponse](ctx, c, http.MethodGet, "/douyin/publish/status/", ofVideo(token, videoID))
}

// DeleteVideo deletes a video of the token's owner. The phone does not know it.
func (c *Client) DeleteVideo(ctx context.Context, token string, videoID int64) (StatusResponse, error) {
	return Call[StatusResponse](ctx, c, http.MethodPost, "/douyin/publish/delete/", ofVideo(token, videoID))
}

// BeginUpload begins the upload of a video of so many bytes straight into the
// object store. The phone does not know it.
func (c *Client) BeginUpload(ctx context.Context, token string, size int64) (BeginUploadResponse, error) {
	return Call[BeginUploadResponse](ctx, c, http.MethodPost, "/douyin/publish/begin/",
		url.Values{"token": {token}, "size": {decimal(size)}})
}

// ResumeUpload returns the parts of a begun upload that are missing, with new
// addresses.
func (c *Client) ResumeUpload(ctx context.Context, token string, videoID int64) (BeginUploadResponse, error) {
	return Call[BeginUploadResponse](ctx, c, http.MethodPost, "/douyin/publish/begin/", ofVideo(token, videoID))
}

// CompleteUpload makes a video of an upload whose parts are all in the object
// store. It can be repeated.
func (c *Client) CompleteUpload(ctx context.Context, token string, videoID int64, title string) (PublishResponse, error) {
	query := ofVideo(token, videoID)
	query.Set("title", title)
	return Call[PublishResponse](ctx, c, http.MethodPost, "/douyin/publish/complete/", query)
}

// ofVideo returns the parameters of a request about a video.
func ofVideo(token string, videoID int64) url.Values {
	return url.Values{"token": {token}, "video_id": {decimal(videoID)}}
}

// PublishResponse answers Publish and CompleteUpload.
type PublishResponse struct {
	Status
	VideoID int64 `json:"video_id"`
}

// Validate checks that a success has a video, and a refusal has none.
func (r PublishResponse) Validate() error {
	if accepted := r.Code == CodeOK; accepted != (r.VideoID > 0) || r.VideoID > MaxID {
		return fmt.Errorf("status %d with video %d", r.Code, r.VideoID)
	}
	return nil
}

// PublishStatusResponse answers PublishStatus.
type PublishStatusResponse struct {
	Status
	VideoID       int64  `json:"video_id"`
	State         State  `json:"state"`
	UploadedBytes int64  `json:"uploaded_bytes"`
	TotalBytes    int64  `json:"total_bytes"`
	Progress      int    `json:"progress"` // percent of the processing
	FailureReason string `json:"failure_reason"`
	FailureMsg    string `json:"failure_msg"`
	PlayURL       string `json:"play_url"`
	CoverURL      string `json:"cover_url"`
	HlsURL        string `json:"hls_url"`
}

// Validate checks the state.
func (r PublishStatusResponse) Validate() error {
	if r.Code != CodeOK {
		return nil
	}
	return validateState(r.State, r.Progress, r.FailureReason, r.FailureMsg)
}

// BeginUploadResponse answers BeginUpload and ResumeUpload.
type BeginUploadResponse struct {
	Status
	VideoID   int64        `json:"video_id"`
	PartSize  int64        `json:"part_size"`  // bytes of every part but the last
	ExpiresAt int64        `json:"expires_at"` // Unix milliseconds; complete before
	Parts     []UploadPart `json:"parts"`      // the missing ones
}

// UploadPart is a part of a video that the client has to PUT.
type UploadPart struct {
	Number int    `json:"number"` // from 1
	Size   int64  `json:"size"`   // bytes, exactly
	URL    string `json:"url"`
}

// Validate checks that a refusal has no parts.
func (r BeginUploadResponse) Validate() error {
	if r.Code != CodeOK && len(r.Parts) > 0 {
		return errors.New("a refusal carries parts")
	}
	return nil
}
