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

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// badTokens returns invalid tokens, most of them made from a valid one.
func badTokens(t *testing.T, p *client.Client) map[string]string {
	t.Helper()
	good := e2etest.NewAccount(t, p).Token
	out := map[string]string{
		"none":           "",
		"nonsense":       "nonsense",
		"cut off":        good[:len(good)-3],
		"made longer":    good + "x",
		"very long":      strings.Repeat("a.b.c", 2000),
		"SQL":            "' OR '1'='1",
		"binary":         "\x00\x01\xff",
		"with Bearer":    "Bearer " + good,
		"another header": "eyJhbGciOiJIUzI1NiJ9" + good[strings.Index(good, ".")+1:],
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

// faulty is a request with one fault.
type faulty struct {
	code  client.Code
	query url.Values
}

func TestRefusedRegistrations(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	taken := e2etest.NewAccount(t, p)
	long := strings.Repeat("a", 33)
	for what, c := range map[string]faulty{
		"nothing":                {client.CodeParamMissing, nil},
		"no password":            {client.CodeParamMissing, url.Values{"username": {"e2e-" + e2etest.Random()}}},
		"no name":                {client.CodeParamMissing, url.Values{"password": {e2etest.Canary}}},
		"empty name":             {client.CodeParamMissing, url.Values{"username": {""}, "password": {e2etest.Canary}}},
		"empty password":         {client.CodeParamMissing, url.Values{"username": {"e2e-" + e2etest.Random()}, "password": {""}}},
		"name too long":          {client.CodeNameInvalid, url.Values{"username": {long}, "password": {e2etest.Canary}}},
		"wide name too long":     {client.CodeNameInvalid, url.Values{"username": {strings.Repeat("抖", 33)}, "password": {e2etest.Canary}}},
		"password too long":      {client.CodePasswordInvalid, url.Values{"username": {"e2e-" + e2etest.Random()}, "password": {long}}},
		"megabyte name":          {client.CodeNameInvalid, url.Values{"username": {strings.Repeat("a", 200_000)}, "password": {e2etest.Canary}}},
		"name taken":             {client.CodeNameTaken, url.Values{"username": {taken.Name}, "password": {e2etest.Canary}}},
		"name is not UTF-8":      {client.CodeParamInvalid, url.Values{"username": {"\xff\xfe" + e2etest.Random()}, "password": {e2etest.Canary}}},
		"name of spaces":         {client.CodeNameInvalid, url.Values{"username": {"   "}, "password": {e2etest.Canary}}},
		"name with line break":   {client.CodeNameInvalid, url.Values{"username": {"a\nb" + e2etest.Random()}, "password": {e2etest.Canary}}},
		"name with zero byte":    {client.CodeNameInvalid, url.Values{"username": {"a\x00" + e2etest.Random()}, "password": {e2etest.Canary}}},
		"parameters capitalised": {client.CodeParamMissing, url.Values{"Username": {"e2e-" + e2etest.Random()}, "Password": {e2etest.Canary}}},
	} {
		t.Run(what, func(t *testing.T) {
			e2etest.RefusedWith(t, c.code, e2etest.Must(client.Call[client.SessionResponse](t.Context(), p, http.MethodPost, "/douyin/user/register/", c.query))(t))
		})
	}
}

func TestRefusedLogins(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	for what, c := range map[string]faulty{
		"nothing":            {client.CodeParamMissing, nil},
		"no password":        {client.CodeParamMissing, url.Values{"username": {a.Name}}},
		"no name":            {client.CodeParamMissing, url.Values{"password": {a.Password}}},
		"empty password":     {client.CodeParamMissing, url.Values{"username": {a.Name}, "password": {""}}},
		"wrong password":     {client.CodeWrongCredentials, url.Values{"username": {a.Name}, "password": {a.Password + "x"}}},
		"other case":         {client.CodeWrongCredentials, url.Values{"username": {a.Name}, "password": {strings.ToUpper(a.Password)}}},
		"unknown name":       {client.CodeWrongCredentials, url.Values{"username": {"e2e-" + e2etest.Random()}, "password": {a.Password}}},
		"SQL in the name":    {client.CodeWrongCredentials, url.Values{"username": {a.Name + "' -- "}, "password": {a.Password}}},
		"wildcard name":      {client.CodeWrongCredentials, url.Values{"username": {"e2e-%"}, "password": {a.Password}}},
		"too long password":  {client.CodeWrongCredentials, url.Values{"username": {a.Name}, "password": {strings.Repeat("x", 100_000)}}},
		"password not UTF-8": {client.CodeParamInvalid, url.Values{"username": {a.Name}, "password": {"\xff\xfe"}}},
	} {
		t.Run(what, func(t *testing.T) {
			e2etest.RefusedWith(t, c.code, e2etest.Must(client.Call[client.SessionResponse](t.Context(), p, http.MethodPost, "/douyin/user/login/", c.query))(t))
		})
	}
}

func TestRefusedProfiles(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	for what, c := range map[string]faulty{
		"nothing":         {client.CodeTokenInvalid, nil},
		"zero as a guest": {client.CodeTokenInvalid, url.Values{"user_id": {"0"}}},
		"unknown":         {client.CodeUserUnknown, url.Values{"user_id": {"12345"}, "token": {a.Token}}},
		"negative":        {client.CodeParamInvalid, url.Values{"user_id": {"-1"}, "token": {a.Token}}},
		"largest":         {client.CodeParamInvalid, url.Values{"user_id": {"9223372036854775807"}, "token": {a.Token}}},
		"too large":       {client.CodeParamInvalid, url.Values{"user_id": {"99999999999999999999"}, "token": {a.Token}}},
		"no number":       {client.CodeParamInvalid, url.Values{"user_id": {"abc"}, "token": {a.Token}}},
		"number and more": {client.CodeParamInvalid, url.Values{"user_id": {strconv.FormatInt(a.ID, 10) + " or 1=1"}, "token": {a.Token}}},
		"fraction":        {client.CodeParamInvalid, url.Values{"user_id": {strconv.FormatInt(a.ID, 10) + ".0"}, "token": {a.Token}}},
	} {
		t.Run(what, func(t *testing.T) {
			e2etest.RefusedWith(t, c.code, e2etest.Must(client.Call[client.UserResponse](t.Context(), p, http.MethodGet, "/douyin/user/", c.query))(t))
		})
	}
	// An invalid token does not name a user.
	for what, token := range badTokens(t, p) {
		t.Run("token "+what, func(t *testing.T) {
			e2etest.RefusedWith(t, client.CodeTokenInvalid, e2etest.Must(p.Profile(t.Context(), 0, token))(t))
		})
	}
}

func TestRefusedPublishLists(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	for what, c := range map[string]faulty{
		"nothing":   {client.CodeTokenInvalid, nil},
		"negative":  {client.CodeParamInvalid, url.Values{"user_id": {"-1"}, "token": {a.Token}}},
		"no number": {client.CodeParamInvalid, url.Values{"user_id": {"abc"}, "token": {a.Token}}},
		"too large": {client.CodeParamInvalid, url.Values{"user_id": {"99999999999999999999"}, "token": {a.Token}}},
	} {
		t.Run(what, func(t *testing.T) {
			e2etest.RefusedWith(t, c.code, e2etest.Must(client.Call[client.VideosResponse](t.Context(), p, http.MethodGet, "/douyin/publish/list/", c.query))(t))
		})
	}
	// An unknown user may be refused or have no videos.
	r := e2etest.Must(p.PublishList(t.Context(), 12345, a.Token, client.Page{}))(t)
	if len(r.Videos) > 0 {
		t.Error("an unknown user has videos")
	}
}

// Public reads accept invalid tokens like none.
func TestPublicReadingWithBadTokens(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	for what, token := range badTokens(t, p) {
		t.Run(what, func(t *testing.T) {
			e2etest.Accepted(t, e2etest.Must(p.Feed(t.Context(), 0, token))(t))
			// The phone copes with a refusal as well as with the response for a guest.
			e2etest.Must(p.Profile(t.Context(), a.ID, token))(t)
			e2etest.Must(p.PublishList(t.Context(), a.ID, token, client.Page{}))(t)
		})
	}
	guest := e2etest.Must(p.PublishList(t.Context(), a.ID, "", client.Page{}))(t)
	e2etest.Accepted(t, guest)
	e2etest.Accepted(t, e2etest.Must(p.Profile(t.Context(), a.ID, ""))(t))
}

// Unknown paths and wrong methods below /douyin/ are refused with HTTP status 200: the
// phone shows a network error for any other.
func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
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
			// The shape depends on the path; every one has the status.
			s, err := client.Call[client.AnyResponse](t.Context(), p, c.method, c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.method == http.MethodPost && c.path == "/douyin/feed/" {
				return // may be accepted
			}
			e2etest.Refused(t, s)
		})
	}
}

// Malformed requests are refused soon, and later ones are served.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	query := "username=a&username=b&password=" + e2etest.Canary + "&password=x"
	for what, path := range map[string]string{
		"duplicate parameters": "/douyin/user/login/?" + query,
		"broken escapes":       "/douyin/user/login/?username=%zz&password=%",
		"semicolons":           "/douyin/user/login/?username=a;password=b",
	} {
		t.Run(what, func(t *testing.T) {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, e2etest.BaseURL()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := p.HTTP().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			e2etest.Refused(t, e2etest.Must(client.Read[client.SessionResponse](p, res))(t))
		})
	}
	t.Run("body of another type", func(t *testing.T) {
		for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ";;;"} {
			e2etest.Refused(t, e2etest.Must(client.Send[client.SessionResponse](ctx, p, http.MethodPost, "/douyin/user/login/", nil, contentType,
				strings.NewReader(`{"username":["a"],"password":{"$ne":1}}`)))(t))
		}
	})
	t.Run("large body", func(t *testing.T) {
		e2etest.Refused(t, e2etest.Must(client.Send[client.SessionResponse](ctx, p, http.MethodPost, "/douyin/user/login/", nil, "application/x-www-form-urlencoded",
			strings.NewReader("username="+strings.Repeat("a", 8<<20))))(t))
	})
	e2etest.Accepted(t, e2etest.Must(p.Feed(ctx, 0, ""))(t))
}
