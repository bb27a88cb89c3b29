//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// What the organiser's black-box tests of the course do, as far as the
// endpoints exist. They read any JSON object with numbers as float64, send each
// parameter twice (query and form), use fixed users that live on between runs,
// and start with a feed that must not be empty.

type object = map[string]json.RawMessage

func demoCall(t *testing.T, req *http.Request) object {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out object
	if err := json.Unmarshal(body, &out); res.StatusCode != http.StatusOK || err != nil {
		t.Fatalf("%s %s: %s %v %s", req.Method, req.URL.Path, res.Status, err, body)
	}
	return out
}

func demoRequest(t *testing.T, method, path string, query url.Values, contentType string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, baseURL()+path+"?"+query.Encode(), body)
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return req
}

func text(t *testing.T, o object, key string) string {
	t.Helper()
	var s string
	if err := json.Unmarshal(o[key], &s); err != nil {
		t.Fatalf("%s: %v in %s", key, err, o[key])
	}
	return s
}

func number(t *testing.T, o object, key string) float64 {
	t.Helper()
	var f float64
	if err := json.Unmarshal(o[key], &f); err != nil {
		t.Fatalf("%s: %v in %s", key, err, o[key])
	}
	return f
}

// credentials sends name and password in both places.
func credentials(t *testing.T, path, name string) object {
	t.Helper()
	v := url.Values{"username": {name}, "password": {name}}
	return demoCall(t, demoRequest(t, http.MethodPost, path, v, "application/x-www-form-urlencoded", strings.NewReader(v.Encode())))
}

// demoToken registers a fixed user, or logs it in when the name is taken, which
// shows in an empty token.
func demoToken(t *testing.T, name string) (id float64, token string) {
	t.Helper()
	r := credentials(t, "/douyin/user/register/", name)
	if text(t, r, "token") == "" {
		r = credentials(t, "/douyin/user/login/", name)
	}
	if token = text(t, r, "token"); token == "" {
		t.Fatalf("no token for %s: %s", name, r["status_msg"])
	}
	return number(t, r, "user_id"), token
}

func demoVideos(t *testing.T, o object) {
	t.Helper()
	var videos []object
	if err := json.Unmarshal(o["video_list"], &videos); err != nil || len(videos) == 0 {
		t.Fatalf("%d videos, %v", len(videos), err)
	}
	for _, v := range videos {
		if v["id"] == nil || v["author"] == nil || text(t, v, "play_url") == "" || text(t, v, "cover_url") == "" {
			t.Errorf("incomplete video %s", v["id"])
		}
	}
}

func TestSimpleDemoPublish(t *testing.T) {
	for _, name := range []string{"douyinTestUserA", "douyinTestUserB", "douyinTestUserA"} {
		id, token := demoToken(t, name)
		body, contentType := streamForm([]Field{
			FileField("data", "bear.mp4", bytes.NewReader(smallMP4(t))), TextField("token", token), TextField("title", "Bear")})
		defer body.Close()
		r := demoCall(t, demoRequest(t, http.MethodPost, "/douyin/publish/action/", nil, contentType, body))
		if number(t, r, "status_code") != 0 {
			t.Fatalf("publish: %s", r["status_msg"])
		}
		query := url.Values{"user_id": {strconv.FormatInt(int64(id), 10)}, "token": {token}}
		list := demoCall(t, demoRequest(t, http.MethodGet, "/douyin/publish/list/", query, "", nil))
		if number(t, list, "status_code") != 0 {
			t.Fatalf("publish/list: %s", list["status_msg"])
		}
		demoVideos(t, list)
	}
}

func TestSimpleDemoFeedWithoutParameters(t *testing.T) {
	r := demoCall(t, demoRequest(t, http.MethodGet, "/douyin/feed/", nil, "", nil))
	if number(t, r, "status_code") != 0 {
		t.Fatalf("feed: %s", r["status_msg"])
	}
	demoVideos(t, r)
}

func TestSimpleDemoUser(t *testing.T) {
	name := "douyin" + random(t)
	for _, path := range []string{"/douyin/user/register/", "/douyin/user/login/"} {
		r := credentials(t, path, name)
		if number(t, r, "status_code") != 0 || number(t, r, "user_id") <= 0 || text(t, r, "token") == "" {
			t.Fatalf("%s: %s", path, r["status_msg"])
		}
		me := demoCall(t, demoRequest(t, http.MethodGet, "/douyin/user/", url.Values{"token": {text(t, r, "token")}}, "", nil))
		var user object
		if err := json.Unmarshal(me["user"], &user); err != nil || number(t, user, "id") <= 0 || text(t, user, "name") != name {
			t.Errorf("user: %v %s", err, me["user"])
		}
	}
}
