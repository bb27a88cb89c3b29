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

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// The tests of this file and of simple_demo_social_test.go do the same as the black-box
// tests of the course's organiser. Those read JSON numbers as float64, send each
// parameter in the query and in the form, keep their users between runs, and expect a
// feed that is not empty.

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
	req, err := http.NewRequestWithContext(t.Context(), method, e2etest.BaseURL()+path+"?"+query.Encode(), body)
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

// credentials sends name and password in the query and in the form.
func credentials(t *testing.T, path, name string) object {
	t.Helper()
	v := url.Values{"username": {name}, "password": {name}}
	return demoCall(t, demoRequest(t, http.MethodPost, path, v, "application/x-www-form-urlencoded", strings.NewReader(v.Encode())))
}

// demoToken registers a user, or logs in if the name is taken, which shows as an empty
// token.
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
		body, contentType := client.Form(
			client.FileField("data", "bear.mp4", bytes.NewReader(e2etest.SmallVideo(t))), client.TextField("token", token), client.TextField("title", "Bear"))
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
	name := "douyin" + e2etest.Random()
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
