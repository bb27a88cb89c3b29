package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// api calls the endpoints of the gateway that the demo uses.
type api struct {
	base string
	http http.Client
}

// requestTimeout bounds one request, an upload included.
const requestTimeout = time.Minute

func newAPI(base string) *api {
	return &api{base: base, http: http.Client{Timeout: requestTimeout}}
}

// session is a logged-in user.
type session struct {
	id        int64
	token     string
	published map[string]bool // by title, without failed ones
}

// answer is the union of the answers.
type answer struct {
	Code   int     `json:"status_code"`
	Text   string  `json:"status_msg"`
	UserID int64   `json:"user_id"`
	Token  string  `json:"token"`
	Videos []video `json:"video_list"`
}

// video is an entry of the user's own list.
type video struct {
	ID       int64  `json:"id"`
	Title    string `json:"title"`
	State    string `json:"state"`
	Progress int    `json:"progress"`
	Reason   string `json:"failure_reason"`
	Message  string `json:"failure_msg"`
}

// The final states of a video.
const (
	readyState  = "ready"
	failedState = "failed"
)

// refusal is an answer whose code is not 0.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return fmt.Sprintf("%s (status_code %d)", r.text, r.code) }

// signIn registers a user, or logs in if the name is taken.
func (a *api) signIn(ctx context.Context, name, password string) (*session, error) {
	query := url.Values{"username": {name}, "password": {password}}
	got, err := a.call(ctx, http.MethodPost, "/douyin/user/register/", query, nil, "")
	var refused *refusal
	if errors.As(err, &refused) {
		var loginErr error
		if got, loginErr = a.call(ctx, http.MethodPost, "/douyin/user/login/", query, nil, ""); loginErr != nil {
			return nil, fmt.Errorf("register: %w; login: %w", err, loginErr)
		}
	} else if err != nil {
		return nil, err
	}
	s := &session{id: got.UserID, token: got.Token, published: map[string]bool{}}
	list, err := a.videos(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		s.published[v.Title] = s.published[v.Title] || v.State != failedState
	}
	return s, nil
}

// videos lists the user's own videos, in every state.
func (a *api) videos(ctx context.Context, s *session) ([]video, error) {
	list, err := a.call(ctx, http.MethodGet, "/douyin/publish/list/",
		url.Values{"token": {s.token}, "user_id": {id(s.id)}}, nil, "")
	return list.Videos, err
}

// publish uploads a file. Clips are small, so the body is built in memory.
func (a *api) publish(ctx context.Context, s *session, title, file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	err = errors.Join(form.WriteField("token", s.token), form.WriteField("title", title))
	part, partErr := form.CreateFormFile("data", "clip.mp4")
	if err = errors.Join(err, partErr); err != nil {
		return err
	}
	if _, err := part.Write(content); err != nil {
		return err
	}
	if err := form.Close(); err != nil {
		return err
	}
	_, err = a.call(ctx, http.MethodPost, "/douyin/publish/action/", nil, &body, form.FormDataContentType())
	return err
}

// act calls an endpoint that changes something, as the user.
func (a *api) act(ctx context.Context, s *session, path string, query url.Values) error {
	query.Set("token", s.token)
	query.Set("action_type", "1")
	_, err := a.call(ctx, http.MethodPost, path, query, nil, "")
	return err
}

func (a *api) like(ctx context.Context, s *session, video int64) error {
	return a.act(ctx, s, "/douyin/favorite/action/", url.Values{"video_id": {id(video)}})
}

func (a *api) comment(ctx context.Context, s *session, video int64, text, requestID string) error {
	return a.act(ctx, s, "/douyin/comment/action/", url.Values{"video_id": {id(video)}, "comment_text": {text}, "request_id": {requestID}})
}

func (a *api) follow(ctx context.Context, s *session, target int64) error {
	return a.act(ctx, s, "/douyin/relation/action/", url.Values{"to_user_id": {id(target)}})
}

func (a *api) message(ctx context.Context, s *session, to int64, text, requestID string) error {
	return a.act(ctx, s, "/douyin/message/action/", url.Values{"to_user_id": {id(to)}, "content": {text}, "request_id": {requestID}})
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

func (a *api) call(ctx context.Context, method, path string, query url.Values, body io.Reader, contentType string) (answer, error) {
	var got answer
	target := a.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return got, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := a.http.Do(request)
	if err != nil {
		return got, withoutQuery(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return got, err
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		return got, fmt.Errorf("%s: %s, not JSON: %w", path, response.Status, err)
	}
	if got.Code != 0 {
		return got, &refusal{got.Code, got.Text}
	}
	return got, nil
}

// withoutQuery removes the query, with its passwords and tokens, from the error.
func withoutQuery(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return fmt.Errorf("%s: %w", failed.Op, failed.Err)
	}
	return err
}
