package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const canary = "CANARY7f3a"

// Wherever a secret may stand in a request, it must not get into the log.
func TestNoSecretsInTheLog(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", canary)
	token := r.tokenOf(t, 1)
	signature := token[strings.LastIndex(token, ".")+1:]
	creds := url.Values{"username": {"amy"}, "password": {canary}, "token": {canary}}

	for _, path := range []string{"/douyin/user/login/", "/douyin/user/register", "/douyin/nothing", "/douyin/" + canary, "/" + canary, "/media/" + canary} {
		for _, method := range []string{http.MethodGet, http.MethodPost, "PUT"} {
			req, err := http.NewRequest(method, r.base+path+"?"+creds.Encode(), strings.NewReader(creds.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", urlencoded)
			req.Header.Set("Authorization", "Bearer "+canary)
			req.Header.Set("Cookie", "token="+canary)
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		}
	}
	for _, body := range []string{`{"username":"amy","password":"` + canary, `{"token":["` + canary + `"]}`} {
		r.send(t, http.MethodPost, "/douyin/user/login/", nil, asJSON, strings.NewReader(body))
	}
	for _, q := range []url.Values{{"token": {canary, canary}}, {"token": {token}}, {"token": {token + "x"}}, {"user_id": {canary}}} {
		r.get(t, "/douyin/user/", q)
		r.get(t, "/douyin/feed", q)
		r.get(t, "/douyin/publish/list", q)
	}
	r.users.Fail("Login", errs.New(errs.Unavailable, "", ""))
	r.send(t, http.MethodPost, "/douyin/user/login/", creds, "", nil)

	whole, kind := encodeForm(t, field("token", token), field("title", canary), field(canary, canary), file(movie(3000)))
	for _, body := range [][]byte{whole, whole[:len(whole)/2], bytes.Replace(whole, []byte("Content-Disposition: form-data"), []byte(canary), 1),
		bytes.Replace(whole, []byte("name="), []byte(canary+"\r\n"), 2)} {
		r.send(t, http.MethodPost, "/douyin/publish/action/", url.Values{"title": {canary}}, kind, bytes.NewReader(body))
	}
	log := r.log.String()
	if n := strings.Count(log, `"msg":"request"`); n < 30 {
		t.Errorf("only %d requests in the log: the test looks at nothing", n)
	}
	for _, secret := range []string{canary, signature, "../VID"} {
		for line := range strings.Lines(log) {
			if strings.Contains(line, secret) {
				t.Errorf("%s is in the log: %s", secret, line)
			}
		}
	}
}

// One line per request says what happened, and why.
func TestRequestLine(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	r.users.Fail("GetProfiles", errs.New(errs.Unavailable, "", "").WithCause(errors.New("sidecar is gone")))
	r.get(t, "/douyin/user/", url.Values{"token": {r.tokenOf(t, 1)}, "user_id": {"1"}})
	var line struct {
		Level, Method, Route, Error string
		Code                        int   `json:"status_code"`
		User                        int64 `json:"user"`
		Out                         int
	}
	within(t, "the line is written", func() bool { return strings.Contains(r.log.String(), `"msg":"request"`) })
	if err := json.Unmarshal([]byte(r.log.String()), &line); err != nil {
		t.Fatal(err)
	}
	if line.Level != "ERROR" || line.Method != http.MethodGet || line.Route != "/douyin/user" || line.Code != 5001 || line.User != 1 || line.Out == 0 ||
		!strings.Contains(line.Error, "sidecar is gone") {
		t.Errorf("%+v in %s", line, r.log.String())
	}
}

// broken panics where it should answer.
type broken struct{ httpapi.Composed }

func (broken) User(context.Context, int64, int64) (compose.User, error) { panic("the roof is on fire") }

// A panic is an answer like any other, and its stack is for the log alone.
func TestPanicBecomesAnAnswer(t *testing.T) {
	r := newRig(t, func(d *httpapi.Deps, _ *httpapi.UploadLimits) { d.Composed = broken{d.Composed} })
	body := r.get(t, "/douyin/user", url.Values{"user_id": {"1"}})
	wantCode(t, "panic", body, 5000)
	golden(t, "user_internal", body)
	for _, leak := range []string{"fire", "goroutine", ".go:"} {
		if strings.Contains(string(body), leak) {
			t.Errorf("the answer shows %q", leak)
		}
	}
	within(t, "the stack is in the log", func() bool {
		return strings.Contains(r.log.String(), "the roof is on fire") && strings.Contains(r.log.String(), "log_test.go")
	})
	wantCode(t, "the next request", r.get(t, "/douyin/feed", nil), 0)
}
