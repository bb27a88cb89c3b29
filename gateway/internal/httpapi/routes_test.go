package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
)

// shape is the fields of an object, sorted by JSON itself.
func shape(t *testing.T, body []byte) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatalf("%v in %.200s", err, body)
	}
	for name, value := range fields {
		if string(value) == "null" {
			t.Errorf("%s is null", name)
		}
		fields[name] = json.RawMessage(`0`)
	}
	out, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Every path answers in both slash forms, and with a slash too many, in the
// same way and without a redirect.
func TestBothSlashFormsOfEveryRoute(t *testing.T) {
	h := apitest.New(t, nil)
	for _, rt := range httpapi.Routes() {
		plain := h.Send(t, rt.Method, rt.Path, nil, "", nil)
		for _, path := range []string{rt.Path + "/", "/" + rt.Path, "/" + rt.Path + "/"} {
			if got := h.Send(t, rt.Method, path, nil, "", nil); string(got) != string(plain) {
				t.Errorf("%s %s: %s, without the slash %s", rt.Method, path, got, plain)
			}
		}
	}
}

// A refusal has all the fields of a success.
func TestRefusalsKeepTheShape(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "secret")
	h.Videos.Add(1, 1000, "film")
	h.Users.Add("bob", "secret")
	film := h.Videos.Published()[0].GetId()
	query := url.Values{"username": {"amy"}, "password": {"secret"}, "user_id": {"1"}, "token": {h.TokenOf(t, 1)},
		"video_id": {strconv.FormatInt(film, 10)}, "to_user_id": {"2"}, "action_type": {"1"}, "comment_text": {"nice"}, "content": {"hello"}, "title": {"t"}}
	for _, rt := range httpapi.Routes() {
		if strings.Contains(rt.Path, "publish/action") || strings.Contains(rt.Path, "register") {
			continue // the shape of a success is in the golden files
		}
		if rt.Path == "/douyin/comment/action" {
			continue // there is a comment only where one was made
		}
		good := h.Send(t, rt.Method, rt.Path, query, "", nil)
		apitest.WantCode(t, rt.Path, good, 0)
		bad := h.Send(t, rt.Method, rt.Path, url.Values{"user_id": {"x"}, "token": {"a", "b"}}, "", nil)
		if apitest.Code(t, bad) == 0 {
			t.Fatalf("%s was not refused", rt.Path)
		}
		if shape(t, good) != shape(t, bad) {
			t.Errorf("%s: success has %s, refusal %s", rt.Path, shape(t, good), shape(t, bad))
		}
	}
}

func TestWrongMethodsAndUnknownPaths(t *testing.T) {
	h := apitest.New(t, nil)
	for _, rt := range httpapi.Routes() {
		right := h.Send(t, rt.Method, rt.Path, url.Values{"token": {"a", "b"}}, "", nil)
		for _, method := range httpapi.Methods() {
			if method == rt.Method || method == http.MethodHead {
				continue
			}
			for _, path := range []string{rt.Path, rt.Path + "/"} {
				body := h.Send(t, method, path, nil, "", nil)
				apitest.WantCode(t, method+" "+path, body, 1005)
				if shape(t, body) != shape(t, right) {
					t.Errorf("%s %s: shape %s, want %s", method, path, shape(t, body), shape(t, right))
				}
			}
		}
	}
	for _, path := range []string{"/douyin", "/douyin/", "/douyin/nothing", "/douyin/feed/x", "/douyin/user/../nothing/", "/douyin/%2e%2e/x", "/douyin//"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			apitest.WantCode(t, method+" "+path, h.Send(t, method, path, nil, "", nil), 1004)
		}
	}
}

// Elsewhere the HTTP status says it.
func TestOutsideTheClientAPI(t *testing.T) {
	h := apitest.New(t, nil)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/", 404},
		{http.MethodGet, "/douyinx", 404},
		{http.MethodGet, "/dapr/config", 404},
		{http.MethodGet, "/dapr/subscribe", 404},
		{http.MethodGet, "/v1.0/healthz", 404},
		{http.MethodGet, "/debug/pprof/", 404},
		{http.MethodGet, "/metrics", 404},
		{http.MethodGet, "/media", 404},
		{http.MethodGet, "/media/", 404},
		{http.MethodPost, "/media/videos/1/0123456789abcdef.mp4", 405},
		{http.MethodOptions, "/media/videos/1/0123456789abcdef.mp4", 204},
		{http.MethodPost, "/healthz", 405},
		{http.MethodGet, "/healthz", 200},
		{http.MethodHead, "/healthz", 200},
		{http.MethodGet, "/readyz", 200},
		{http.MethodGet, "/media/defaults/cover.png", 200},
		{http.MethodHead, "/media/defaults/cover.png", 200},
	} {
		req, err := http.NewRequest(c.method, h.Base+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := apitest.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%s %s: %s, want %d", c.method, c.path, res.Status, c.status)
		}
	}
}
