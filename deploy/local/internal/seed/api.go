package seed

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

// api is the gateway as a phone sees it.
type api struct {
	base string
	http http.Client
}

// requestTimeout bounds one request, an upload included.
const requestTimeout = time.Minute

func newAPI(base string) *api {
	return &api{base: base, http: http.Client{Timeout: requestTimeout}}
}

// session is a user who is logged in.
type session struct {
	id        int64
	token     string
	published map[string]bool // by title; failed ones left out
}

// answer is what the endpoints used here say.
type answer struct {
	Code   int     `json:"status_code"`
	Text   string  `json:"status_msg"`
	UserID int64   `json:"user_id"`
	Token  string  `json:"token"`
	Videos []video `json:"video_list"`
}

// video is one of the user's own.
type video struct {
	Title    string `json:"title"`
	State    string `json:"state"`
	Progress int    `json:"progress"`
	Reason   string `json:"failure_reason"`
	Message  string `json:"failure_msg"`
}

// The states of a video in which nothing more is going to happen to it.
const (
	readyState  = "ready"
	failedState = "failed"
)

// refusal is an answer with another code than 0.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return fmt.Sprintf("%s (status_code %d)", r.text, r.code) }

// signIn registers an account, or logs in when it exists.
func (a *api) signIn(ctx context.Context, account Account) (session, error) {
	query := url.Values{"username": {account.Name}, "password": {account.Password}}
	got, err := a.call(ctx, http.MethodPost, "/douyin/user/register/", query, nil, "")
	var refused *refusal
	if errors.As(err, &refused) {
		var loginErr error
		if got, loginErr = a.call(ctx, http.MethodPost, "/douyin/user/login/", query, nil, ""); loginErr != nil {
			return session{}, fmt.Errorf("register: %w; login: %w", err, loginErr)
		}
	} else if err != nil {
		return session{}, err
	}
	s := session{id: got.UserID, token: got.Token, published: map[string]bool{}}
	list, err := a.videos(ctx, s)
	if err != nil {
		return session{}, err
	}
	for _, v := range list {
		s.published[v.Title] = s.published[v.Title] || v.State != failedState
	}
	return s, nil
}

// videos are the user's own, whatever their state.
func (a *api) videos(ctx context.Context, s session) ([]video, error) {
	list, err := a.call(ctx, http.MethodGet, "/douyin/publish/list/",
		url.Values{"token": {s.token}, "user_id": {strconv.FormatInt(s.id, 10)}}, nil, "")
	return list.Videos, err
}

// publish uploads a file. It is small enough to build the body in memory.
func (a *api) publish(ctx context.Context, s session, title, file string) error {
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
		return got, fmt.Errorf("%s answers %s with no JSON: %w", path, response.Status, err)
	}
	if got.Code != 0 {
		return got, &refusal{got.Code, got.Text}
	}
	return got, nil
}

// withoutQuery keeps passwords and tokens, which travel in the query, out of
// the error.
func withoutQuery(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return fmt.Errorf("%s: %w", failed.Op, failed.Err)
	}
	return err
}
