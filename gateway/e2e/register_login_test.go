//go:build e2e

package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

func TestRegisterAndLogin(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)

	again := e2etest.Must(p.Login(t.Context(), a.Name, a.Password))(t)
	e2etest.Accepted(t, again)
	if again.UserID != a.ID {
		t.Errorf("login returns user %d, register %d", again.UserID, a.ID)
	}
	if again.Token == a.Token {
		t.Error("two sessions have the same token")
	}
	// A second session does not end the first one.
	for _, token := range []string{a.Token, again.Token} {
		r := e2etest.Must(p.Profile(t.Context(), 0, token))(t)
		e2etest.Accepted(t, r)
		if r.User.ID != a.ID {
			t.Errorf("the token belongs to %d, want %d", r.User.ID, a.ID)
		}
	}
}

func TestSecondRegistrationOfANameIsRefused(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	second := e2etest.Must(p.Register(t.Context(), a.Name, "another"))(t)
	e2etest.Refused(t, second) // with an empty token, as the client checks
	e2etest.Refused(t, e2etest.Must(p.Login(t.Context(), a.Name, "another"))(t))
	e2etest.Accepted(t, e2etest.Must(p.Login(t.Context(), a.Name, a.Password))(t))
}

// The limits of names and passwords count characters: 32 of three bytes each are
// valid, and no part of a long password is ignored.
func TestNamesAndPasswordsAtTheirLimits(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	id := e2etest.Random()
	wide := strings.Repeat("抖", 32-len(id)) + id
	for _, c := range []struct{ what, name, password string }{
		{"32 wide characters each", wide, strings.Repeat("密", 32)},
		{"punctuation", `a&b=c+d%25 /?#"'` + "-" + id, `p&q=r+s%41 /?#"'`},
		{"name as password", "douyin" + id, "douyin" + id},
		{"password of one character", "one-" + id, "x"},
	} {
		t.Run(c.what, func(t *testing.T) {
			made := e2etest.Must(p.Register(t.Context(), c.name, c.password))(t)
			e2etest.Accepted(t, made)
			back := e2etest.Must(p.Login(t.Context(), c.name, c.password))(t)
			e2etest.Accepted(t, back)
			if back.UserID != made.UserID {
				t.Errorf("login returns user %d, want %d", back.UserID, made.UserID)
			}
			if got := e2etest.Must(p.Profile(t.Context(), made.UserID, back.Token))(t); got.User.Name != c.name {
				t.Errorf("name %q, want %q", got.User.Name, c.name)
			}
			runes := []rune(c.password)
			changed := string(runes[:len(runes)-1]) + "z"
			e2etest.Refused(t, e2etest.Must(p.Login(t.Context(), c.name, changed))(t))
		})
	}
}

// A refused login does not show whether the name exists, neither by its message nor by
// its time. The time is checked roughly: a lookup without a hash would be ten times
// faster.
func TestLoginDoesNotShowWhoExists(t *testing.T) {
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	measure := func(name string) (client.Status, time.Duration) {
		var s client.Status
		best := time.Hour
		for range 5 {
			start := time.Now()
			r := e2etest.Must(p.Login(t.Context(), name, "wrong"))(t)
			best = min(best, time.Since(start))
			e2etest.Refused(t, r)
			s = r.Status
		}
		return s, best
	}
	known, knownTime := measure(a.Name)
	unknown, unknownTime := measure("nobody-" + e2etest.Random())
	if known != unknown {
		t.Errorf("known name: %+v, unknown name: %+v", known, unknown)
	}
	if unknownTime < knownTime/3 || knownTime < unknownTime/3 {
		t.Errorf("a wrong password takes %s, an unknown name %s", knownTime, unknownTime)
	}
}

// Each path works with and without a slash at its end, and parameters may be in the
// query or in a form.
func TestPathsAndParameters(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	creds := url.Values{"username": {a.Name}, "password": {a.Password}}
	form := "application/x-www-form-urlencoded"

	for _, path := range []string{"/douyin/user/login/", "/douyin/user/login"} {
		inQuery := e2etest.Must(client.Call[client.SessionResponse](t.Context(), p, http.MethodPost, path, creds))(t)
		e2etest.Accepted(t, inQuery)
		inForm := e2etest.Must(client.Send[client.SessionResponse](t.Context(), p, http.MethodPost, path, nil, form, strings.NewReader(creds.Encode())))(t)
		e2etest.Accepted(t, inForm)
		twice := e2etest.Must(client.Send[client.SessionResponse](t.Context(), p, http.MethodPost, path, creds, form, strings.NewReader(creds.Encode())))(t)
		e2etest.Accepted(t, twice)
		// The query takes precedence, and an empty value counts as absent.
		wrong := url.Values{"username": {a.Name}, "password": {"wrong"}}
		e2etest.Accepted(t, e2etest.Must(client.Send[client.SessionResponse](t.Context(), p, http.MethodPost, path, creds, form, strings.NewReader(wrong.Encode())))(t))
		e2etest.Refused(t, e2etest.Must(client.Send[client.SessionResponse](t.Context(), p, http.MethodPost, path, wrong, form, strings.NewReader(creds.Encode())))(t))
		empty := url.Values{"username": {""}, "password": {""}}
		e2etest.Accepted(t, e2etest.Must(client.Send[client.SessionResponse](t.Context(), p, http.MethodPost, path, empty, form, strings.NewReader(creds.Encode())))(t))
	}
	// The phone sends its POSTs without a content type.
	for _, body := range []string{"", "nonsense"} {
		e2etest.Accepted(t, e2etest.Must(client.Send[client.SessionResponse](t.Context(), p, http.MethodPost, "/douyin/user/login/", creds, "", strings.NewReader(body)))(t))
	}
	me := url.Values{"token": {a.Token}, "nonsense": {"1"}}
	for _, path := range []string{"/douyin/user", "/douyin/user/"} {
		e2etest.Accepted(t, e2etest.Must(client.Call[client.UserResponse](t.Context(), p, http.MethodGet, path, me))(t))
	}
	for _, path := range []string{"/douyin/feed", "/douyin/feed/"} {
		e2etest.Accepted(t, e2etest.Must(client.Call[client.FeedResponse](t.Context(), p, http.MethodGet, path, nil))(t))
	}
	for _, path := range []string{"/douyin/publish/list", "/douyin/publish/list/"} {
		e2etest.Accepted(t, e2etest.Must(client.Call[client.VideosResponse](t.Context(), p, http.MethodGet, path, me))(t))
	}
	for _, path := range []string{"/douyin/publish/action", "/douyin/publish/action/"} {
		e2etest.Refused(t, e2etest.Must(client.Call[client.PublishResponse](t.Context(), p, http.MethodPost, path, nil))(t))
	}
}
