package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const (
	urlencoded = "application/x-www-form-urlencoded"
	asJSON     = "application/json"
)

// Parameters count wherever a client may put them; the query goes first, then
// the form, then JSON, and empty is absent.
func TestPlacesOfParameters(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "secret")
	const good, wrong = "username=amy&password=secret", "username=amy&password=wrong"
	multipartForm, multipartType := encodeForm(t, field("username", "amy"), field("password", "secret"))

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
		{"JSON with more in it", "", asJSON, `{"a":[1],"b":{"c":null},"username":"amy","d":true,"password":"secret"}`, 0},
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
			req, err := http.NewRequest(http.MethodPost, r.base+"/douyin/user/login/?"+c.query, body)
			if err != nil {
				t.Fatal(err)
			}
			if c.kind != "" {
				req.Header.Set("Content-Type", c.kind)
			}
			wantCode(t, fmt.Sprintf("%s, chunked %t", c.what, chunked), r.do(t, req), c.want)
		}
	}
}

// The official tests send a form body with list GETs.
func TestGetWithFormBody(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "secret")
	wantCode(t, "GET with a form", r.send(t, http.MethodGet, "/douyin/user/", nil, urlencoded, form("user_id", "1")), 0)
}

// Who asks and whose data is meant must be said once: of two values another
// reader would take the other one.
func TestIdentityNamedTwiceIsRefused(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	r.users.Add("bob", "x")
	a, b := r.tokenOf(t, 1), r.tokenOf(t, 2)
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
		{"an actor of one's own making", "user_id=1&actor_id=2&viewer=2", "", "", 0},
	} {
		for _, path := range []string{"/douyin/user/", "/douyin/publish/list/"} {
			req, err := http.NewRequest(http.MethodGet, r.base+path+"?"+c.query, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.kind != "" {
				req.Header.Set("Content-Type", c.kind)
			}
			wantCode(t, path+" "+c.what, r.do(t, req), c.want)
		}
	}
	wantCode(t, "feed with two tokens", r.get(t, "/douyin/feed", url.Values{"token": {a, b}}), 1003)
}

func TestNumbers(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	mine := r.tokenOf(t, 1)
	for text, want := range map[string]int32{
		"1": 0, "0": 0, "": 0, // both mean the token's user
		"01": 0, "2": 2006, "9007199254740991": 2006,
		"9007199254740992": 1002, "9223372036854775807": 1002, "99999999999999999999": 1002,
		"-1": 1002, "+1": 1002, " 1": 1002, "1 ": 1002, "1.0": 1002, "1e3": 1002, "0x1": 1002, "1_0": 1002, "abc": 1002,
		"١": 1002, "1 or 1=1": 1002, "1\x00": 1002, "\xff": 1002,
	} {
		wantCode(t, fmt.Sprintf("user_id %q", text), r.get(t, "/douyin/user/", url.Values{"user_id": {text}, "token": {mine}}), want)
	}
	wantCode(t, "JSON number", r.send(t, http.MethodGet, "/douyin/user", nil, asJSON, strings.NewReader(`{"user_id":1}`)), 0)
	wantCode(t, "JSON number that floats damage", r.send(t, http.MethodGet, "/douyin/user", nil, asJSON, strings.NewReader(`{"user_id":9007199254740993}`)), 1002)
}
