package httpapi_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const canary = "CANARY7f3a"

// A secret anywhere in a request must not get into the log.
func TestNoSecretsInTheLog(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", canary)
	token := h.TokenOf(t, 1)
	signature := token[strings.LastIndex(token, ".")+1:]
	creds := url.Values{"username": {"amy"}, "password": {canary}, "token": {canary}}

	for _, path := range []string{"/douyin/user/login/", "/douyin/user/register", "/douyin/nothing", "/douyin/" + canary, "/" + canary, "/media/" + canary} {
		for _, method := range []string{http.MethodGet, http.MethodPost, "PUT"} {
			req, err := http.NewRequest(method, h.Base+path+"?"+creds.Encode(), strings.NewReader(creds.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Authorization", "Bearer "+canary)
			req.Header.Set("Cookie", "token="+canary)
			res, err := apitest.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		}
	}
	for _, body := range []string{`{"username":"amy","password":"` + canary, `{"token":["` + canary + `"]}`} {
		h.Send(t, http.MethodPost, "/douyin/user/login/", nil, "application/json", strings.NewReader(body))
	}
	for _, q := range []url.Values{{"token": {canary, canary}}, {"token": {token}}, {"token": {token + "x"}}, {"user_id": {canary}}} {
		h.Get(t, "/douyin/user/", q)
		h.Get(t, "/douyin/feed", q)
		h.Get(t, "/douyin/publish/list", q)
	}
	h.Users.Fail("Login", errs.New(errs.Unavailable, "", ""))
	h.Send(t, http.MethodPost, "/douyin/user/login/", creds, "", nil)

	whole, kind := apitest.EncodeForm(t, apitest.Field("token", token), apitest.Field("title", canary), apitest.Field(canary, canary), apitest.File(apitest.Movie(3000)))
	for _, body := range [][]byte{whole, whole[:len(whole)/2], bytes.Replace(whole, []byte("Content-Disposition: form-data"), []byte(canary), 1),
		bytes.Replace(whole, []byte("name="), []byte(canary+"\r\n"), 2)} {
		h.Send(t, http.MethodPost, "/douyin/publish/action/", url.Values{"title": {canary}}, kind, bytes.NewReader(body))
	}
	log := h.Log.String()
	if n := strings.Count(log, `"msg":"request"`); n < 30 {
		t.Errorf("only %d requests in the log: the test checks nothing", n)
	}
	for _, secret := range []string{canary, signature, "../VID"} {
		for line := range strings.Lines(log) {
			if strings.Contains(line, secret) {
				t.Errorf("%s is in the log: %s", secret, line)
			}
		}
	}
}

// panicking is a verifier of tokens.
type panicking struct{}

func (panicking) Verify(string) (token.Identity, error) { panic("the roof is on fire") }

// A panic becomes an ordinary answer, and its stack is for the log alone.
func TestPanicBecomesAnAnswer(t *testing.T) {
	h := apitest.New(t, func(d *httpapi.Deps, _ *upload.Limits) { d.Pipeline.Tokens = panicking{} })
	body := h.Get(t, "/douyin/user", url.Values{"user_id": {"1"}, "token": {"x"}})
	apitest.WantCode(t, "panic", body, 5000)
	golden(t, "user_internal", body)
	for _, leak := range []string{"fire", "goroutine", ".go:"} {
		if strings.Contains(string(body), leak) {
			t.Errorf("the answer shows %q", leak)
		}
	}
	apitest.Within(t, "the stack is in the log", func() bool {
		return strings.Contains(h.Log.String(), "the roof is on fire") && strings.Contains(h.Log.String(), "log_test.go")
	})
	apitest.WantCode(t, "the next request", h.Get(t, "/douyin/feed", nil), 0)
}
