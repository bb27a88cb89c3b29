package request_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
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
