//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Phone speaks to a gateway as the Android client does: the parameters of a
// POST travel in the query with an empty body, publish is a multipart form, the
// feed has no slash at its end. Its methods fail when the HTTP status is not
// 200 or the body does not have the right shape, also for a refusal: on either
// the app shows a network error or crashes.
type Phone struct {
	base string
	http *http.Client
}

// NewPhone returns a phone for a gateway, without a slash at the end. A request
// that takes longer than timeout fails.
func NewPhone(base string, timeout time.Duration) *Phone {
	return &Phone{base: strings.TrimSuffix(base, "/"), http: &http.Client{
		Timeout: timeout,
		// A redirect would turn a POST into a GET on the phone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Register opens an account and its first session.
func (p *Phone) Register(ctx context.Context, name, password string) (SessionReply, error) {
	return call[SessionReply](ctx, p, http.MethodPost, "/douyin/user/register/",
		url.Values{"username": {name}, "password": {password}})
}

// Login opens one more session.
func (p *Phone) Login(ctx context.Context, name, password string) (SessionReply, error) {
	return call[SessionReply](ctx, p, http.MethodPost, "/douyin/user/login/",
		url.Values{"username": {name}, "password": {password}})
}

// Profile asks for a user as seen by the owner of the token, which may be
// empty.
func (p *Phone) Profile(ctx context.Context, userID int64, token string) (UserReply, error) {
	return call[UserReply](ctx, p, http.MethodGet, "/douyin/user/",
		url.Values{"user_id": {strconv.FormatInt(userID, 10)}, "token": {token}})
}

// PublishList asks for all the videos of a user.
func (p *Phone) PublishList(ctx context.Context, userID int64, token string) (VideosReply, error) {
	return call[VideosReply](ctx, p, http.MethodGet, "/douyin/publish/list/",
		url.Values{"user_id": {strconv.FormatInt(userID, 10)}, "token": {token}})
}

// Feed asks for videos older than latestTime, which is sent as it is.
func (p *Phone) Feed(ctx context.Context, latestTime, token string) (FeedReply, error) {
	return call[FeedReply](ctx, p, http.MethodGet, "/douyin/feed",
		url.Values{"latest_time": {latestTime}, "token": {token}})
}

// Publish uploads a video. The phone sends the file before the token.
func (p *Phone) Publish(ctx context.Context, token, title string, video io.Reader) (PublishReply, error) {
	return p.PublishForm(ctx, nil, FileField("data", "VID_20230217.mp4", video), TextField("token", token), TextField("title", title))
}

// Processing asks how far a video has come.
func (p *Phone) Processing(ctx context.Context, token string, videoID int64) (ProcessingReply, error) {
	return call[ProcessingReply](ctx, p, http.MethodGet, "/douyin/publish/status/",
		url.Values{"token": {token}, "video_id": {strconv.FormatInt(videoID, 10)}})
}

// DeleteVideo takes a video away.
func (p *Phone) DeleteVideo(ctx context.Context, token string, videoID int64) (StatusReply, error) {
	return call[StatusReply](ctx, p, http.MethodPost, "/douyin/publish/delete/",
		url.Values{"token": {token}, "video_id": {strconv.FormatInt(videoID, 10)}})
}

// BeginDirect begins an upload straight into the object store, or goes on with
// one; query names its size or its video_id.
func (p *Phone) BeginDirect(ctx context.Context, token string, query url.Values) (BeginReply, error) {
	query.Set("token", token)
	return call[BeginReply](ctx, p, http.MethodPost, "/douyin/publish/begin/", query)
}

// CompleteDirect ends a direct upload.
func (p *Phone) CompleteDirect(ctx context.Context, token string, videoID int64, title string) (PublishReply, error) {
	return call[PublishReply](ctx, p, http.MethodPost, "/douyin/publish/complete/",
		url.Values{"token": {token}, "video_id": {strconv.FormatInt(videoID, 10)}, "title": {title}})
}

// Field is one part of a multipart form.
type Field struct {
	header textproto.MIMEHeader
	open   func() io.Reader
}

// TextField is a plain form field. It can be sent any number of times.
func TextField(name, value string) Field {
	return Field{
		header: textproto.MIMEHeader{"Content-Disposition": {mime.FormatMediaType("form-data", map[string]string{"name": name})}},
		open:   func() io.Reader { return strings.NewReader(value) },
	}
}

// FileField is a form field that carries a file under the client's name for it.
// It can be sent once.
func FileField(name, fileName string, body io.Reader) Field {
	return Field{header: textproto.MIMEHeader{
		"Content-Disposition": {mime.FormatMediaType("form-data", map[string]string{"name": name, "filename": fileName})},
		"Content-Type":        {"video/mp4"},
	}, open: func() io.Reader { return body }}
}

// PublishForm sends a publish request with any query and any fields in the
// order given. The body is streamed, so its length is not announced.
func (p *Phone) PublishForm(ctx context.Context, query url.Values, fields ...Field) (PublishReply, error) {
	body, contentType := streamForm(fields)
	defer body.Close()
	return send[PublishReply](ctx, p, http.MethodPost, "/douyin/publish/action/", query, contentType, body)
}

// formBody is a form that is written while it is read.
type formBody struct {
	*io.PipeReader
	written chan struct{} // closed when nothing is written any more
}

// Close ends the writing and waits until it has ended.
func (b formBody) Close() error {
	err := b.PipeReader.Close()
	<-b.written
	return err
}

func streamForm(fields []Field) (io.ReadCloser, string) {
	r, w := io.Pipe()
	body := formBody{PipeReader: r, written: make(chan struct{})}
	form := multipart.NewWriter(w)
	go func() {
		defer close(body.written)
		for _, f := range fields {
			part, err := form.CreatePart(f.header)
			if err == nil {
				_, err = io.Copy(part, f.open())
			}
			if err != nil {
				w.CloseWithError(err)
				return
			}
		}
		w.CloseWithError(form.Close())
	}()
	return body, form.FormDataContentType()
}

// reply is what every answer can do.
type reply interface {
	status() Status
	check() error
}

func call[R reply](ctx context.Context, p *Phone, method, path string, query url.Values) (R, error) {
	return send[R](ctx, p, method, path, query, "", http.NoBody)
}

func send[R reply](ctx context.Context, p *Phone, method, path string, query url.Values, contentType string, body io.Reader) (R, error) {
	var none R
	target := p.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return none, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := p.http.Do(req)
	if err != nil {
		return none, err
	}
	defer res.Body.Close()
	out, err := readReply[R](res)
	if err != nil {
		return out, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return out, nil
}

// readReply checks everything that holds for any answer of the API.
func readReply[R reply](res *http.Response) (R, error) {
	var out R
	data, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return out, err
	}
	if res.StatusCode != http.StatusOK {
		return out, fmt.Errorf("HTTP status %d, body %.200s", res.StatusCode, data)
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
		return out, fmt.Errorf("content type %q", ct)
	}
	if err := decodeStrict(data, &out); err != nil {
		return out, fmt.Errorf("%w in %.300s", err, data)
	}
	if s := out.status(); s.StatusMsg == "" || len([]rune(s.StatusMsg)) > 60 {
		return out, fmt.Errorf("status_msg %q is empty or too long to show", s.StatusMsg)
	}
	// A success holds what users wrote, and they may write anything.
	said := data
	if s := out.status(); s.StatusCode == 0 {
		said = []byte(s.StatusMsg)
	}
	if err := checkLeaks(said); err != nil {
		return out, err
	}
	if err := out.check(); err != nil {
		return out, fmt.Errorf("%w in %.300s", err, data)
	}
	return out, nil
}

// checkLeaks looks for what only a program's inside can have said.
func checkLeaks(body []byte) error {
	text := strings.ToLower(string(body))
	for _, sign := range []string{"goroutine", "panic", ".go:", "select ", "insert ", "duplicate entry", "mysql", "mariadb", "redis",
		"rpc error", "code = ", "daprd", "sidecar", "dial tcp", "127.0.0.1:21", "context deadline", "argon2", canary} {
		if strings.Contains(text, strings.ToLower(sign)) {
			return fmt.Errorf("the answer leaks %q: %.300s", sign, body)
		}
	}
	return nil
}
