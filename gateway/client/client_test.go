package client_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// gateway answers every request with one body and keeps the last request.
type gateway struct {
	body   string
	status int
	last   *http.Request
	form   map[string]string
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.last, g.form = r, map[string]string{}
	if form, err := r.MultipartReader(); err == nil {
		for part, err := form.NextPart(); err == nil; part, err = form.NextPart() {
			value, _ := io.ReadAll(part)
			g.form[part.FormName()] = string(value)
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if g.status != 0 {
		w.WriteHeader(g.status)
	}
	io.WriteString(w, g.body)
}

func serve(t *testing.T, g *gateway) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return server
}

func TestRequestsOfThePhone(t *testing.T) {
	g := &gateway{body: `{"status_code":0,"status_msg":"ok","video_id":7}`}
	server := serve(t, g)
	c := client.New(server.URL+"/", server.Client(), client.Strict())

	if r, err := c.Publish(t.Context(), "T", "a title", strings.NewReader("movie")); err != nil || r.VideoID != 7 {
		t.Fatalf("%+v, %v", r, err)
	}
	if g.last.URL.Path != "/douyin/publish/action/" || g.form["data"] != "movie" || g.form["token"] != "T" || g.form["title"] != "a title" {
		t.Errorf("%s with the form %v", g.last.URL, g.form)
	}

	g.body = `{"status_code":0,"status_msg":"ok"}`
	if _, err := c.Like(t.Context(), "T", 5, false); err != nil {
		t.Fatal(err)
	}
	if q := g.last.URL.Query(); g.last.Method != http.MethodPost || q.Get("video_id") != "5" || q.Get("action_type") != "2" || q.Get("token") != "T" {
		t.Errorf("%s %s", g.last.Method, g.last.URL)
	}
}

func TestARefusalIsAResponse(t *testing.T) {
	g := &gateway{body: `{"status_code":2005,"status_msg":"wrong name or password","user_id":0,"token":""}`}
	server := serve(t, g)
	c := client.New(server.URL, server.Client(), client.Strict())
	r, err := c.Login(t.Context(), "amy", "wrong")
	if err != nil || r.Code != client.CodeWrongCredentials {
		t.Fatalf("%+v, %v", r, err)
	}
	var refusal *client.Refusal
	if _, err := client.Accepted(r, err); !errors.As(err, &refusal) || refusal.Code != client.CodeWrongCredentials {
		t.Errorf("Accepted: %v", err)
	}
}

func TestOnlyStrictClientsRefuseAnotherShape(t *testing.T) {
	g := &gateway{body: `{"status_code":0,"status_msg":"ok","user_id":1,"token":"T","new":1}`}
	server := serve(t, g)
	if _, err := client.New(server.URL, server.Client()).Login(t.Context(), "amy", "secret"); err != nil {
		t.Errorf("not strict: %v", err)
	}
	strict := client.New(server.URL, server.Client(), client.Strict())
	for what, body := range map[string]string{
		"unknown field":       g.body,
		"missing field":       `{"status_code":0,"status_msg":"ok","user_id":1}`,
		"success without id":  `{"status_code":0,"status_msg":"ok","user_id":0,"token":"T"}`,
		"refusal with token":  `{"status_code":2005,"status_msg":"no","user_id":0,"token":"T"}`,
		"no message":          `{"status_code":0,"status_msg":"","user_id":1,"token":"T"}`,
		"message of an essay": `{"status_code":0,"status_msg":"` + strings.Repeat("long ", 20) + `","user_id":1,"token":"T"}`,
	} {
		g.body = body
		if _, err := strict.Login(t.Context(), "amy", "secret"); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

func TestAnotherHTTPStatusIsAnError(t *testing.T) {
	g := &gateway{body: `{"status_code":0,"status_msg":"ok"}`, status: http.StatusBadGateway}
	server := serve(t, g)
	if _, err := client.New(server.URL, server.Client()).Like(t.Context(), "T", 1, true); err == nil {
		t.Error("accepted")
	}
}

func TestInspectSeesEveryResponse(t *testing.T) {
	g := &gateway{body: `{"status_code":0,"status_msg":"ok"}`}
	server := serve(t, g)
	bad := errors.New("bad")
	c := client.New(server.URL, server.Client(), client.Inspect(func(s client.Status, body []byte) error {
		if s.Message != "ok" || string(body) != g.body {
			t.Errorf("%+v, %s", s, body)
		}
		return bad
	}))
	if _, err := c.Like(t.Context(), "T", 1, true); !errors.Is(err, bad) {
		t.Errorf("%v", err)
	}
}

// Tokens and passwords are in the query, and errors end up in logs.
func TestErrorsHoldNoSecrets(t *testing.T) {
	server := serve(t, &gateway{})
	server.Close()
	c := client.New(server.URL, &http.Client{Timeout: 5 * time.Second})
	_, err := c.Login(t.Context(), "amy", "secret-password")
	if err == nil || strings.Contains(err.Error(), "secret-password") {
		t.Errorf("error %v", err)
	}
	if _, err = client.New("http://bad host", http.DefaultClient).Login(t.Context(), "amy", "secret-password"); err == nil || strings.Contains(err.Error(), "secret-password") {
		t.Errorf("error %v", err)
	}
}
