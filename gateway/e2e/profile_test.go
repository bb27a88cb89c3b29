//go:build e2e

package e2e

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)

	for _, c := range []struct {
		what  string
		id    int64
		token string
		want  e2etest.Account
	}{
		{"own, by token only", 0, a.Token, a},
		{"own, by id", a.ID, a.Token, a},
		// The id decides, not the token.
		{"of another", b.ID, a.Token, b},
		{"as a guest", b.ID, "", b},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := e2etest.Must(p.Profile(t.Context(), c.id, c.token))(t)
			e2etest.Accepted(t, r)
			if r.User.ID != c.want.ID || r.User.Name != c.want.Name {
				t.Errorf("got %d %q, want %d %q", r.User.ID, r.User.Name, c.want.ID, c.want.Name)
			}
			if r.User.IsFollow || r.User.WorkCount != 0 {
				t.Errorf("a new user is followed or has works: %+v", r.User)
			}
		})
	}

	t.Run("without an id", func(t *testing.T) {
		r := e2etest.Must(client.Call[client.UserResponse](t.Context(), p, http.MethodGet, "/douyin/user/", url.Values{"token": {a.Token}}))(t)
		e2etest.Accepted(t, r)
		if r.User.ID != a.ID {
			t.Errorf("got %d, want the token's user %d", r.User.ID, a.ID)
		}
	})
}

// Users without pictures get default ones: the phone shows nothing for an empty or
// dead address.
func TestDefaultPicturesAreServed(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	u := e2etest.Must(p.Profile(t.Context(), e2etest.NewAccount(t, p).ID, ""))(t).User
	for _, address := range []string{u.Avatar, u.BackgroundImage} {
		body, res := e2etest.Download(t, http.MethodGet, address, nil)
		if res.StatusCode != http.StatusOK || !bytes.HasPrefix(body, []byte("\x89PNG")) {
			t.Errorf("%s: %s, %d bytes that are not a PNG", address, res.Status, len(body))
		}
		if ct := res.Header.Get("Content-Type"); ct != "image/png" {
			t.Errorf("%s: content type %q", address, ct)
		}
	}
}

// work_count is the number of ready videos, at every moment.
func TestWorkCountFollowsPublishing(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	for n := int64(1); n <= 2; n++ {
		e2etest.Publish(t, p, a, "work "+strconv.FormatInt(n, 10), e2etest.SmallVideo(t))
		for _, token := range []string{a.Token, ""} {
			if got := e2etest.Must(p.Profile(t.Context(), a.ID, token))(t).User.WorkCount; got != n {
				t.Errorf("work_count %d right after video %d", got, n)
			}
		}
	}
}
