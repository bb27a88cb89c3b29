package request_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
)

const (
	urlencoded = "application/x-www-form-urlencoded"
	asJSON     = "application/json"
)

// Parameters may come in the query, a form and JSON, in this order of precedence,
// and an empty value counts as absent.
func TestSourcesOfParameters(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "secret")
	const good, wrong = "username=amy&password=secret", "username=amy&password=wrong"
	multipartForm, multipartType := apitest.EncodeForm(t, apitest.Field("username", "amy"), apitest.Field("password", "secret"))

	for _, c := range []struct {
		what, query, kind string
		body              string
		want              int32
	}{
		{"query", good, "", "", 0},
		{"query and empty form", good, urlencoded, "", 0},
		{"form", "", urlencoded, good, 0},
		{"form without content type", "", "", good, 0},
		{"form as text", "", "text/plain", good, 0},
		{"form with broken content type", "", ";;;", good, 0},
		{"multipart", "", multipartType, string(multipartForm), 0},
		{"JSON", "", asJSON, `{"username":"amy","password":"secret"}`, 0},
		{"JSON without content type", "", "", ` {"username":"amy","password":"secret"}`, 0},
		{"JSON with more members", "", asJSON, `{"a":[1],"b":{"c":null},"username":"amy","d":true,"password":"secret"}`, 0},
		{"both, same", good, urlencoded, good, 0},
		{"query wins", good, urlencoded, wrong, 0},
		{"query wins, wrongly", wrong, urlencoded, good, 2005},
		{"empty query counts as absent", "username=&password=", urlencoded, good, 0},
		{"half here, half there", "username=amy", urlencoded, "password=secret", 0},
		{"unknown parameters", good + "&x=1&y", "", "", 0},
		{"other order", "password=secret&username=amy", "", "", 0},
		{"odd separators", "&&" + good + "&", "", "", 0},
		{"capital letters", "Username=amy&Password=secret", "", "", 1001},
		{"nothing", "", "", "", 1001},
		{"no password", "username=amy", "", "", 1001},
		{"semicolon is a letter", "username=amy;password=secret", "", "", 1001},
		{"broken escape is text", "username=amy&password=%zz", "", "", 2005},
		{"not UTF-8", "username=%ff%fe&password=secret", "", "", 1002},
		{"JSON list as value", "", asJSON, `{"username":["amy"],"password":"secret"}`, 1002},
		{"JSON object as value", "", asJSON, `{"username":"amy","password":{"$ne":1}}`, 1002},
		{"JSON null as value", "", asJSON, `{"username":"amy","password":null}`, 1001},
		{"broken JSON", "", asJSON, `{"username":"amy",`, 1002},
		{"JSON list", "", asJSON, `["amy","secret"]`, 1002},
		{"two JSON values", "", asJSON, `{"username":"amy","password":"secret"}{}`, 1002},
		{"multipart without boundary", "", "multipart/form-data", good, 1002},
		{"broken multipart", "", multipartType, string(multipartForm[:len(multipartForm)-10]), 1002},
		{"too large", "", urlencoded, good + "&x=" + strings.Repeat("x", 70_000), 1006},
	} {
		for _, chunked := range []bool{false, true} {
			var body io.Reader = strings.NewReader(c.body)
			if c.body == "" {
				body = http.NoBody
			} else if chunked {
				body = io.MultiReader(body) // hides the length
			}
			req, err := http.NewRequest(http.MethodPost, h.Base+"/douyin/user/login/?"+c.query, body)
			if err != nil {
				t.Fatal(err)
			}
			if c.kind != "" {
				req.Header.Set("Content-Type", c.kind)
			}
			apitest.WantCode(t, fmt.Sprintf("%s, chunked %t", c.what, chunked), h.Do(t, req), c.want)
		}
	}
}

// The official tests send a form body with list GETs.
func TestGetWithFormBody(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "secret")
	apitest.WantCode(t, "GET with a form", h.Send(t, http.MethodGet, "/douyin/user/", nil, urlencoded, strings.NewReader("user_id=1")), 0)
}

// The caller and the wanted user must be named once: another reader might pick the
// other value.
func TestIdentityNamedTwiceIsRefused(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	h.Users.Add("bob", "x")
	a, b := h.TokenOf(t, 1), h.TokenOf(t, 2)
	for _, c := range []struct {
		what, query, body, kind string
		want                    int32
	}{
		{"two ids", "user_id=1&user_id=2", "", "", 1003},
		{"the same id twice", "user_id=1&user_id=1", "", "", 1003},
		{"an empty one first", "user_id=&user_id=1", "", "", 1003},
		{"two tokens", "token=" + a + "&token=" + b, "", "", 1003},
		{"ids in two places", "user_id=1", "user_id=2", urlencoded, 1003},
		{"tokens in two places", "token=" + a, "token=" + b, urlencoded, 1003},
		{"JSON names it twice", "", `{"user_id":1,"user_id":2}`, asJSON, 1003},
		{"the same in two places", "user_id=1&token=" + a, "user_id=1&token=" + a, urlencoded, 0},
		{"something else twice", "user_id=1&x=1&x=2", "", "", 0},
		{"an invented actor", "user_id=1&actor_id=2&viewer=2", "", "", 0},
	} {
		for _, path := range []string{"/douyin/user/", "/douyin/publish/list/"} {
			req, err := http.NewRequest(http.MethodGet, h.Base+path+"?"+c.query, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.kind != "" {
				req.Header.Set("Content-Type", c.kind)
			}
			apitest.WantCode(t, path+" "+c.what, h.Do(t, req), c.want)
		}
	}
	apitest.WantCode(t, "feed with two tokens", h.Get(t, "/douyin/feed", url.Values{"token": {a, b}}), 1003)
}

func TestNumbers(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	mine := h.TokenOf(t, 1)
	for text, want := range map[string]int32{
		"1": 0, "0": 0, "": 0, // both mean the token's user
		"01": 0, "2": 2006, "9007199254740991": 2006,
		"9007199254740992": 1002, "9223372036854775807": 1002, "99999999999999999999": 1002,
		"-1": 1002, "+1": 1002, " 1": 1002, "1 ": 1002, "1.0": 1002, "1e3": 1002, "0x1": 1002, "1_0": 1002, "abc": 1002,
		"١": 1002, "1 or 1=1": 1002, "1\x00": 1002, "\xff": 1002,
	} {
		apitest.WantCode(t, fmt.Sprintf("user_id %q", text), h.Get(t, "/douyin/user/", url.Values{"user_id": {text}, "token": {mine}}), want)
	}
	apitest.WantCode(t, "JSON number", h.Send(t, http.MethodGet, "/douyin/user", nil, asJSON, strings.NewReader(`{"user_id":1}`)), 0)
	apitest.WantCode(t, "JSON number that floats damage", h.Send(t, http.MethodGet, "/douyin/user", nil, asJSON, strings.NewReader(`{"user_id":9007199254740993}`)), 1002)
}
