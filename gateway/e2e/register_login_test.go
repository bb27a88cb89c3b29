//go:build e2e

package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRegisterAndLogin(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)

	again := must(p.Login(t.Context(), a.Name, a.Password))(t)
	accepted(t, again)
	if again.UserID != a.ID {
		t.Errorf("login answers user %d, register %d", again.UserID, a.ID)
	}
	if again.Token == a.Token {
		t.Error("a second login got the token of the first session")
	}
	// A second device must not end the session of the first.
	for _, token := range []string{a.Token, again.Token} {
		r := must(p.Profile(t.Context(), 0, token))(t)
		accepted(t, r)
		if r.User.ID != a.ID {
			t.Errorf("the token belongs to %d, want %d", r.User.ID, a.ID)
		}
	}
}

func TestRegisterTwiceKeepsTheFirst(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	second := must(p.Register(t.Context(), a.Name, "another"))(t)
	refused(t, second) // with the key "token" and "" in it: the reader demands both
	refused(t, must(p.Login(t.Context(), a.Name, "another"))(t))
	accepted(t, must(p.Login(t.Context(), a.Name, a.Password))(t))
}

// Names and passwords are counted in characters: 32 of three bytes each are as
// good as 32 letters, and no part of a long password may be cut off.
func TestNamesAndPasswordsAtTheirLimits(t *testing.T) {
	p := newPhone()
	id := random(t)
	wide := strings.Repeat("抖", 32-len(id)) + id
	for _, c := range []struct{ what, name, password string }{
		{"32 wide characters each", wide, strings.Repeat("密", 32)},
		{"punctuation", `a&b=c+d%25 /?#"'` + "-" + id, `p&q=r+s%41 /?#"'`},
		{"name as password", "douyin" + id, "douyin" + id},
		{"password of one character", "one-" + id, "x"},
	} {
		t.Run(c.what, func(t *testing.T) {
			made := must(p.Register(t.Context(), c.name, c.password))(t)
			accepted(t, made)
			back := must(p.Login(t.Context(), c.name, c.password))(t)
			accepted(t, back)
			if back.UserID != made.UserID {
				t.Errorf("login answers %d, want %d", back.UserID, made.UserID)
			}
			if got := must(p.Profile(t.Context(), made.UserID, back.Token))(t); got.User.Name != c.name {
				t.Errorf("name %q, want %q", got.User.Name, c.name)
			}
			runes := []rune(c.password)
			changed := string(runes[:len(runes)-1]) + "z"
			refused(t, must(p.Login(t.Context(), c.name, changed))(t))
		})
	}
}

// Whether a name exists must not show in the words of a refused login. That it
// does not show in the time either is checked roughly: a lookup without a hash
// would be ten times faster.
func TestLoginDoesNotTellWhoExists(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	measure := func(name string) (Status, time.Duration) {
		var s Status
		best := time.Hour
		for range 5 {
			start := time.Now()
			r := must(p.Login(t.Context(), name, "wrong"))(t)
			best = min(best, time.Since(start))
			refused(t, r)
			s = r.Status
		}
		return s, best
	}
	known, knownTime := measure(a.Name)
	unknown, unknownTime := measure("nobody-" + random(t))
	if known != unknown {
		t.Errorf("known name: %+v, unknown name: %+v", known, unknown)
	}
	if unknownTime < knownTime/3 || knownTime < unknownTime/3 {
		t.Errorf("a wrong password takes %s, an unknown name %s", knownTime, unknownTime)
	}
}

// Both forms of each path answer at once, and parameters count wherever a
// client may put them.
func TestPathsAndPlacesOfParameters(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	creds := url.Values{"username": {a.Name}, "password": {a.Password}}
	form := "application/x-www-form-urlencoded"

	for _, path := range []string{"/douyin/user/login/", "/douyin/user/login"} {
		inQuery := must(call[SessionReply](t.Context(), p, http.MethodPost, path, creds))(t)
		accepted(t, inQuery)
		inForm := must(send[SessionReply](t.Context(), p, http.MethodPost, path, nil, form, strings.NewReader(creds.Encode())))(t)
		accepted(t, inForm)
		twice := must(send[SessionReply](t.Context(), p, http.MethodPost, path, creds, form, strings.NewReader(creds.Encode())))(t)
		accepted(t, twice)
		// The query goes first, and an empty value counts as none.
		wrong := url.Values{"username": {a.Name}, "password": {"wrong"}}
		accepted(t, must(send[SessionReply](t.Context(), p, http.MethodPost, path, creds, form, strings.NewReader(wrong.Encode())))(t))
		refused(t, must(send[SessionReply](t.Context(), p, http.MethodPost, path, wrong, form, strings.NewReader(creds.Encode())))(t))
		empty := url.Values{"username": {""}, "password": {""}}
		accepted(t, must(send[SessionReply](t.Context(), p, http.MethodPost, path, empty, form, strings.NewReader(creds.Encode())))(t))
	}
	// The phone names no content type on its POSTs.
	for _, body := range []string{"", "nonsense"} {
		accepted(t, must(send[SessionReply](t.Context(), p, http.MethodPost, "/douyin/user/login/", creds, "", strings.NewReader(body)))(t))
	}
	me := url.Values{"token": {a.Token}, "nonsense": {"1"}}
	for _, path := range []string{"/douyin/user", "/douyin/user/"} {
		accepted(t, must(call[UserReply](t.Context(), p, http.MethodGet, path, me))(t))
	}
	for _, path := range []string{"/douyin/feed", "/douyin/feed/"} {
		accepted(t, must(call[FeedReply](t.Context(), p, http.MethodGet, path, nil))(t))
	}
	for _, path := range []string{"/douyin/publish/list", "/douyin/publish/list/"} {
		accepted(t, must(call[VideosReply](t.Context(), p, http.MethodGet, path, me))(t))
	}
	for _, path := range []string{"/douyin/publish/action", "/douyin/publish/action/"} {
		refused(t, must(call[PublishReply](t.Context(), p, http.MethodPost, path, nil))(t))
	}
}
