//go:build e2e

package e2e

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

func TestProfile(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)

	for _, c := range []struct {
		what  string
		id    int64
		token string
		want  account
	}{
		{"own, by token alone", 0, a.Token, a},
		{"own, by id", a.ID, a.Token, a},
		// Never the token's user when another id is given.
		{"foreign", b.ID, a.Token, b},
		{"as a guest", b.ID, "", b},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := must(p.Profile(t.Context(), c.id, c.token))(t)
			accepted(t, r)
			if r.User.ID != c.want.ID || r.User.Name != c.want.Name {
				t.Errorf("got %d %q, want %d %q", r.User.ID, r.User.Name, c.want.ID, c.want.Name)
			}
			if r.User.IsFollow || r.User.WorkCount != 0 {
				t.Errorf("a fresh user is followed or has works: %+v", r.User)
			}
		})
	}

	t.Run("id left out", func(t *testing.T) {
		r := must(call[UserReply](t.Context(), p, http.MethodGet, "/douyin/user/", url.Values{"token": {a.Token}}))(t)
		accepted(t, r)
		if r.User.ID != a.ID {
			t.Errorf("got %d, want the token's user %d", r.User.ID, a.ID)
		}
	})
}

// The pictures of a user who has none have to be there: an empty address or a
// dead one draws a blank.
func TestDefaultPicturesAreServed(t *testing.T) {
	p := newPhone()
	u := must(p.Profile(t.Context(), newAccount(t, p).ID, ""))(t).User
	for _, address := range []string{u.Avatar, u.BackgroundImage} {
		body, res := download(t, http.MethodGet, address, nil)
		if res.StatusCode != http.StatusOK || !bytes.HasPrefix(body, []byte("\x89PNG")) {
			t.Errorf("%s: %s, %d bytes that are no PNG", address, res.Status, len(body))
		}
		if ct := res.Header.Get("Content-Type"); ct != "image/png" {
			t.Errorf("%s: content type %q", address, ct)
		}
	}
}

// work_count is the number of videos that everybody sees.
func TestWorkCountFollowsPublishing(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	for n := int64(1); n <= 2; n++ {
		published(t, p, a, "work "+strconv.FormatInt(n, 10), smallMP4(t))
		for _, token := range []string{a.Token, ""} {
			if got := must(p.Profile(t.Context(), a.ID, token))(t).User.WorkCount; got != n {
				t.Errorf("work_count %d right after video %d", got, n)
			}
		}
	}
}
