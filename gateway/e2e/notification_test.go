//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// told waits until the list of a user has exactly so many entries, for events
// take their time, and returns it.
func told(t *testing.T, p *Phone, a account, n int) NotificationsReply {
	t.Helper()
	var r NotificationsReply
	within(t, recovery, fmt.Sprintf("%d notifications", n), func(ctx context.Context) error {
		var err error
		if r, err = p.Notifications(ctx, a.Token, Part{}); err != nil {
			return err
		}
		if err := acknowledged(r, nil); err != nil {
			return err
		}
		if len(r.Notifications) != n {
			return fmt.Errorf("%d notifications", len(r.Notifications))
		}
		return nil
	})
	return r
}

// What others did is told, with who and what, newest first; what was taken back
// is not, nor what one did oneself.
func TestNotificationsTellWhatOthersDid(t *testing.T) {
	p := newPhone()
	me, a, b := newAccount(t, p), newAccount(t, p), newAccount(t, p)
	video := published(t, p, me, "told of", smallMP4(t))
	if r := told(t, p, me, 0); r.Unread != 0 {
		t.Errorf("unread_count %d of nothing", r.Unread)
	}
	like(t, p, me, video.ID, true)
	comment(t, p, me, video.ID, "my own")

	start := time.Now().Add(-time.Second)
	like(t, p, a, video.ID, true)
	told(t, p, me, 1)
	text := strings.Repeat("长", 80)
	posted := comment(t, p, b, video.ID, text)
	told(t, p, me, 2)
	follow(t, p, a, me, true)
	follow(t, p, me, a, true)
	r := told(t, p, me, 3)
	if r.Unread != 3 {
		t.Errorf("unread_count %d of three", r.Unread)
	}
	for i, want := range []Notification{
		{Kind: "followed", Actor: profile(t, p, a, me.Token)},
		{Kind: "commented", Actor: profile(t, p, b, me.Token), VideoID: video.ID, CommentID: posted.ID, Excerpt: strings.Repeat("长", 50)},
		{Kind: "liked", Actor: profile(t, p, a, me.Token), VideoID: video.ID},
	} {
		got := r.Notifications[i]
		if at := time.UnixMilli(got.CreateTime); at.Before(start) || at.After(time.Now().Add(time.Second)) {
			t.Errorf("place %d is told of %s", i, at)
		}
		got.ID, got.CreateTime = 0, 0
		if got != want {
			t.Errorf("place %d: %+v, want %+v", i, got, want)
		}
	}
	if r := told(t, p, a, 1); r.Notifications[0].Kind != "followed" || r.Notifications[0].Actor.ID != me.ID {
		t.Errorf("a is told %+v", r.Notifications)
	}

	// Repetition tells nothing new.
	like(t, p, a, video.ID, true)
	follow(t, p, a, me, true)
	like(t, p, b, video.ID, true)
	told(t, p, me, 4)

	like(t, p, a, video.ID, false)
	follow(t, p, a, me, false)
	accepted(t, must(p.Uncomment(t.Context(), b.Token, video.ID, posted.ID))(t))
	if r := told(t, p, me, 1); r.Unread != 1 || r.Notifications[0].Kind != "liked" || r.Notifications[0].Actor.ID != b.ID {
		t.Errorf("what is left: %+v", r)
	}
	told(t, p, b, 0)
}

// The unread count covers the whole list, and reading never goes back.
func TestNotificationsAreReadUpToAPlace(t *testing.T) {
	p := newPhone()
	me := newAccount(t, p)
	others := crowd(t, p, 4)
	for i, other := range others[:3] {
		follow(t, p, other, me, true)
		told(t, p, me, i+1)
	}
	list := told(t, p, me, 3).Notifications
	unread := func(upTo, want int64) {
		t.Helper()
		r := must(p.ReadNotifications(t.Context(), me.Token, upTo))(t)
		accepted(t, r)
		if r.Unread != want {
			t.Errorf("read up to %d: unread_count %d, want %d", upTo, r.Unread, want)
		}
		part := must(p.Notifications(t.Context(), me.Token, Part{Limit: 1}))(t)
		if part.Unread != want || len(part.Notifications) != 1 {
			t.Errorf("read up to %d: the list says %d, want %d", upTo, part.Unread, want)
		}
	}
	unread(list[2].ID, 2)
	unread(list[1].ID, 1)
	unread(list[2].ID, 1) // not back
	unread(0, 0)
	follow(t, p, others[3], me, true)
	if r := told(t, p, me, 4); r.Unread != 1 {
		t.Errorf("unread_count %d after one more", r.Unread)
	}
	unread(0, 0)
	unread(0, 0)
	if r := must(p.Notifications(t.Context(), others[0].Token, Part{}))(t); r.Unread != 0 || len(r.Notifications) != 0 {
		t.Errorf("another user is told %+v", r)
	}
}

func TestRefusedNotifications(t *testing.T) {
	p := newPhone()
	me, other := newAccount(t, p), newAccount(t, p)
	follow(t, p, other, me, true)
	told(t, p, me, 1)
	for what, token := range badTokens(t, p) {
		t.Run("token "+what, func(t *testing.T) {
			refused(t, must(p.Notifications(t.Context(), token, Part{}))(t))
			refused(t, must(p.ReadNotifications(t.Context(), token, 0))(t))
		})
	}
	for what, v := range map[string]url.Values{
		"cursor nonsense": {"cursor": {"x"}}, "cursor negative": {"cursor": {"-5"}}, "cursor overflows": {"cursor": {"99999999999999999999"}},
		"limit nonsense": {"limit": {"x"}}, "limit negative": {"limit": {"-1"}}, "limit too large": {"limit": {"1001"}},
	} {
		t.Run(what, func(t *testing.T) {
			v.Set("token", me.Token)
			refused(t, must(call[NotificationsReply](t.Context(), p, http.MethodGet, "/douyin/notification/list/", v))(t))
		})
	}
	for _, id := range []string{"x", "-1", "1.5", "99999999999999999999", "9007199254740992"} {
		t.Run("read up to "+id, func(t *testing.T) {
			refused(t, must(call[UnreadReply](t.Context(), p, http.MethodPost, "/douyin/notification/read/",
				url.Values{"token": {me.Token}, "action_type": {on}, "notification_id": {id}}))(t))
		})
	}
	if r := told(t, p, me, 1); r.Unread != 1 {
		t.Errorf("a refused request marked it read: unread_count %d", r.Unread)
	}
}
