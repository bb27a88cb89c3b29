//go:build e2e

package e2e

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// badTokens are tokens that must not open anything, made from a good one.
func badTokens(t *testing.T, p *Phone) map[string]string {
	t.Helper()
	good := newAccount(t, p).Token
	out := map[string]string{
		"none":            "",
		"nonsense":        "nonsense",
		"cut off":         good[:len(good)-3],
		"made longer":     good + "x",
		"very long":       strings.Repeat("a.b.c", 2000),
		"SQL":             "' OR '1'='1",
		"binary":          "\x00\x01\xff",
		"with Bearer":     "Bearer " + good,
		"another's start": "eyJhbGciOiJIUzI1NiJ9" + good[strings.Index(good, ".")+1:],
	}
	if parts := strings.Split(good, "."); len(parts) == 3 {
		header := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
		out["algorithm none"] = header(`{"alg":"none","typ":"JWT"}`) + "." + parts[1] + "."
		out["algorithm None with signature"] = header(`{"alg":"None","typ":"JWT"}`) + "." + parts[1] + "." + parts[2]
		out["another key id"] = header(`{"alg":"HS256","typ":"JWT","kid":"../../dev/null"}`) + "." + parts[1] + "." + parts[2]
		out["changed claims"] = parts[0] + "." + header(`{"sub":"1","iss":"douyin","aud":"douyin-client","exp":9999999999}`) + "." + parts[2]
	}
	return out
}

// wrong is a request with one fault.
type wrong struct {
	code  int32
	query url.Values
}

func TestRefusedRegistrations(t *testing.T) {
	p := newPhone()
	taken := newAccount(t, p)
	long := strings.Repeat("a", 33)
	for what, c := range map[string]wrong{
		"nothing":                {paramMissing, nil},
		"no password":            {paramMissing, url.Values{"username": {"e2e-" + random(t)}}},
		"no name":                {paramMissing, url.Values{"password": {canary}}},
		"empty name":             {paramMissing, url.Values{"username": {""}, "password": {canary}}},
		"empty password":         {paramMissing, url.Values{"username": {"e2e-" + random(t)}, "password": {""}}},
		"name too long":          {nameInvalid, url.Values{"username": {long}, "password": {canary}}},
		"wide name too long":     {nameInvalid, url.Values{"username": {strings.Repeat("抖", 33)}, "password": {canary}}},
		"password too long":      {passwordInvalid, url.Values{"username": {"e2e-" + random(t)}, "password": {long}}},
		"megabyte name":          {nameInvalid, url.Values{"username": {strings.Repeat("a", 200_000)}, "password": {canary}}},
		"name taken":             {nameTaken, url.Values{"username": {taken.Name}, "password": {canary}}},
		"name is not UTF-8":      {paramInvalid, url.Values{"username": {"\xff\xfe" + random(t)}, "password": {canary}}},
		"name of spaces":         {nameInvalid, url.Values{"username": {"   "}, "password": {canary}}},
		"name with line break":   {nameInvalid, url.Values{"username": {"a\nb" + random(t)}, "password": {canary}}},
		"name with zero byte":    {nameInvalid, url.Values{"username": {"a\x00" + random(t)}, "password": {canary}}},
		"parameters capitalised": {paramMissing, url.Values{"Username": {"e2e-" + random(t)}, "Password": {canary}}},
	} {
		t.Run(what, func(t *testing.T) {
			refusedWith(t, c.code, must(call[SessionReply](t.Context(), p, http.MethodPost, "/douyin/user/register/", c.query))(t))
		})
	}
}

func TestRefusedLogins(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	for what, c := range map[string]wrong{
		"nothing":            {paramMissing, nil},
		"no password":        {paramMissing, url.Values{"username": {a.Name}}},
		"no name":            {paramMissing, url.Values{"password": {a.Password}}},
		"empty password":     {paramMissing, url.Values{"username": {a.Name}, "password": {""}}},
		"wrong password":     {wrongCredentials, url.Values{"username": {a.Name}, "password": {a.Password + "x"}}},
		"other case":         {wrongCredentials, url.Values{"username": {a.Name}, "password": {strings.ToUpper(a.Password)}}},
		"unknown name":       {wrongCredentials, url.Values{"username": {"e2e-" + random(t)}, "password": {a.Password}}},
		"SQL in the name":    {wrongCredentials, url.Values{"username": {a.Name + "' -- "}, "password": {a.Password}}},
		"wildcard name":      {wrongCredentials, url.Values{"username": {"e2e-%"}, "password": {a.Password}}},
		"too long password":  {wrongCredentials, url.Values{"username": {a.Name}, "password": {strings.Repeat("x", 100_000)}}},
		"password not UTF-8": {paramInvalid, url.Values{"username": {a.Name}, "password": {"\xff\xfe"}}},
	} {
		t.Run(what, func(t *testing.T) {
			refusedWith(t, c.code, must(call[SessionReply](t.Context(), p, http.MethodPost, "/douyin/user/login/", c.query))(t))
		})
	}
}

func TestRefusedProfiles(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	for what, c := range map[string]wrong{
		"nothing":         {tokenInvalid, nil},
		"zero as a guest": {tokenInvalid, url.Values{"user_id": {"0"}}},
		"unknown":         {userUnknown, url.Values{"user_id": {"12345"}, "token": {a.Token}}},
		"negative":        {paramInvalid, url.Values{"user_id": {"-1"}, "token": {a.Token}}},
		"largest":         {paramInvalid, url.Values{"user_id": {"9223372036854775807"}, "token": {a.Token}}},
		"too large":       {paramInvalid, url.Values{"user_id": {"99999999999999999999"}, "token": {a.Token}}},
		"no number":       {paramInvalid, url.Values{"user_id": {"abc"}, "token": {a.Token}}},
		"number and more": {paramInvalid, url.Values{"user_id": {strconv.FormatInt(a.ID, 10) + " or 1=1"}, "token": {a.Token}}},
		"fraction":        {paramInvalid, url.Values{"user_id": {strconv.FormatInt(a.ID, 10) + ".0"}, "token": {a.Token}}},
	} {
		t.Run(what, func(t *testing.T) {
			refusedWith(t, c.code, must(call[UserReply](t.Context(), p, http.MethodGet, "/douyin/user/", c.query))(t))
		})
	}
	// A bad token alone does not say whose profile is wanted.
	for what, token := range badTokens(t, p) {
		t.Run("token "+what, func(t *testing.T) {
			refusedWith(t, tokenInvalid, must(p.Profile(t.Context(), 0, token))(t))
		})
	}
}

func TestRefusedPublishLists(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	for what, c := range map[string]wrong{
		"nothing":   {tokenInvalid, nil},
		"negative":  {paramInvalid, url.Values{"user_id": {"-1"}, "token": {a.Token}}},
		"no number": {paramInvalid, url.Values{"user_id": {"abc"}, "token": {a.Token}}},
		"too large": {paramInvalid, url.Values{"user_id": {"99999999999999999999"}, "token": {a.Token}}},
	} {
		t.Run(what, func(t *testing.T) {
			refusedWith(t, c.code, must(call[VideosReply](t.Context(), p, http.MethodGet, "/douyin/publish/list/", c.query))(t))
		})
	}
	// Whether an unknown user is refused or has no videos is left open.
	r := must(p.PublishList(t.Context(), 12345, a.Token))(t)
	if len(r.Videos) > 0 {
		t.Error("an unknown user has videos")
	}
}

// A bad token serves like none where reading is public.
func TestPublicReadingWithBadTokens(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	for what, token := range badTokens(t, p) {
		t.Run(what, func(t *testing.T) {
			accepted(t, must(p.Feed(t.Context(), "", token))(t))
			// Anonymous or refused, both are known to work on the phone; the shape
			// is checked by the reader.
			must(p.Profile(t.Context(), a.ID, token))(t)
			must(p.PublishList(t.Context(), a.ID, token))(t)
		})
	}
	guest := must(p.PublishList(t.Context(), a.ID, ""))(t)
	accepted(t, guest)
	accepted(t, must(p.Profile(t.Context(), a.ID, ""))(t))
}

// Unknown paths and wrong methods below /douyin/ are refusals like any other:
// the app shows a network error on any HTTP status but 200.
func TestUnknownPathsAndMethods(t *testing.T) {
	p := newPhone()
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, "/douyin/"},
		{http.MethodGet, "/douyin/nothing/"},
		{http.MethodPost, "/douyin/nothing"},
		{http.MethodGet, "/douyin/user/register/"},
		{http.MethodGet, "/douyin/user/login"},
		{http.MethodGet, "/douyin/publish/action/"},
		{http.MethodPost, "/douyin/feed/"},
		{http.MethodDelete, "/douyin/user/"},
		{http.MethodPut, "/douyin/publish/list/"},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			// The shape depends on the path; the status has to be there in any.
			s, err := call[looseReply](t.Context(), p, c.method, c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.method == http.MethodPost && c.path == "/douyin/feed/" {
				return // harmless if answered
			}
			refused(t, s)
		})
	}
}

// Odd requests at the door: each gets an answer soon, and the door stays open.
func TestOddRequests(t *testing.T) {
	p := newPhone()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	query := "username=a&username=b&password=" + canary + "&password=x"
	for what, path := range map[string]string{
		"doubled parameters": "/douyin/user/login/?" + query,
		"broken escapes":     "/douyin/user/login/?username=%zz&password=%",
		"semicolons":         "/douyin/user/login/?username=a;password=b",
	} {
		t.Run(what, func(t *testing.T) {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := p.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			refused(t, must(readReply[SessionReply](res))(t))
		})
	}
	t.Run("body of another kind", func(t *testing.T) {
		for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ";;;"} {
			refused(t, must(send[SessionReply](ctx, p, http.MethodPost, "/douyin/user/login/", nil, contentType,
				strings.NewReader(`{"username":["a"],"password":{"$ne":1}}`)))(t))
		}
	})
	t.Run("large body where none is due", func(t *testing.T) {
		refused(t, must(send[SessionReply](ctx, p, http.MethodPost, "/douyin/user/login/", nil, "application/x-www-form-urlencoded",
			strings.NewReader("username="+strings.Repeat("a", 8<<20))))(t))
	})
	accepted(t, must(p.Feed(ctx, "", ""))(t))
}
