package request_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// One line per request says what happened, and why.
func TestRequestLine(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	h.Users.Fail("GetProfiles", errs.New(errs.Unavailable, "", "").WithCause(errors.New("sidecar is gone")))
	h.Get(t, "/douyin/user/", url.Values{"token": {h.TokenOf(t, 1)}, "user_id": {"1"}})
	var line struct {
		Level, Method, Route, Error string
		Code                        int   `json:"status_code"`
		User                        int64 `json:"user"`
		Out                         int
	}
	apitest.Within(t, "the line is written", func() bool { return strings.Contains(h.Log.String(), `"msg":"request"`) })
	if err := json.Unmarshal([]byte(h.Log.String()), &line); err != nil {
		t.Fatal(err)
	}
	if line.Level != "ERROR" || line.Method != http.MethodGet || line.Route != "/douyin/user" || line.Code != 5001 || line.User != 1 || line.Out == 0 ||
		!strings.Contains(line.Error, "sidecar is gone") {
		t.Errorf("%+v in %s", line, h.Log.String())
	}
}

func TestRequestLogModes(t *testing.T) {
	for mode, want := range map[request.LogMode][]string{
		request.LogAll:    {"/douyin/feed", "/douyin/user/login", "/douyin/user/login", "media"},
		request.LogErrors: {"/douyin/user/login"},
		request.LogOff:    nil,
	} {
		h := apitest.New(t, func(d *httpapi.Deps, _ *upload.Limits) { d.Pipeline.LogRequests = mode })
		h.Get(t, "/douyin/feed", nil)
		login := url.Values{"username": {"amy"}, "password": {"x"}}
		h.Send(t, http.MethodPost, "/douyin/user/login", login, "", nil) // refused
		h.Users.Fail("Login", errs.New(errs.Unavailable, "", ""))
		h.Send(t, http.MethodPost, "/douyin/user/login", login, "", nil)
		res, err := apitest.Client().Get(h.Base + "/media/defaults/cover.png")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		apitest.Within(t, string(mode), func() bool { return slices.Equal(loggedRoutes(t, h.Log.String()), want) })
	}
}

// loggedRoutes returns the routes of the request lines of a log.
func loggedRoutes(t *testing.T, log string) []string {
	t.Helper()
	var routes []string
	for text := range strings.Lines(log) {
		var line struct{ Msg, Route string }
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if line.Msg == "request" {
			routes = append(routes, line.Route)
		}
	}
	return routes
}
