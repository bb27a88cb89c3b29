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

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// Users are notified of the likes, comments and follows of others, newest first. Those
// that were undone are not listed, nor their own.
func TestNotificationsOfOthersActions(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	me, a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, me, "watched", e2etest.SmallVideo(t))
	if r := e2etest.WaitNotifications(t, p, me, 0); r.Unread != 0 {
		t.Errorf("unread_count %d without notifications", r.Unread)
	}
	e2etest.Like(t, p, me, video.ID, true)
	e2etest.Comment(t, p, me, video.ID, "my own")

	start := time.Now().Add(-time.Second)
	e2etest.Like(t, p, a, video.ID, true)
	e2etest.WaitNotifications(t, p, me, 1)
	text := strings.Repeat("长", 80)
	posted := e2etest.Comment(t, p, b, video.ID, text)
	e2etest.WaitNotifications(t, p, me, 2)
	e2etest.Follow(t, p, a, me, true)
	e2etest.Follow(t, p, me, a, true)
	r := e2etest.WaitNotifications(t, p, me, 3)
	if r.Unread != 3 {
		t.Errorf("unread_count %d of 3", r.Unread)
	}
	wanted := []client.Notification{
		{Kind: client.KindFollowed, Actor: e2etest.Profile(t, p, a, me.Token)},
		{Kind: client.KindCommented, Actor: e2etest.Profile(t, p, b, me.Token), VideoID: video.ID, CommentID: posted.ID, Excerpt: strings.Repeat("长", 50)},
		{Kind: client.KindLiked, Actor: e2etest.Profile(t, p, a, me.Token), VideoID: video.ID},
	}
	// The counts of the actors may be a second old.
	e2etest.Within(t, e2etest.Recovery, "the notifications are complete", func(context.Context) error {
		list := e2etest.WaitNotifications(t, p, me, 3)
		for i, want := range wanted {
			got := list.Notifications[i]
			if at := time.UnixMilli(got.CreateTime); at.Before(start) || at.After(time.Now().Add(time.Second)) {
				return fmt.Errorf("notification %d has the time %s", i, at)
			}
			got.ID, got.CreateTime = 0, 0
			if got != want {
				return fmt.Errorf("notification %d: %+v, want %+v", i, got, want)
			}
		}
		return nil
	})
	if r := e2etest.WaitNotifications(t, p, a, 1); r.Notifications[0].Kind != client.KindFollowed || r.Notifications[0].Actor.ID != me.ID {
		t.Errorf("notifications of a: %+v", r.Notifications)
	}

	// Repetitions bring no notification.
	e2etest.Like(t, p, a, video.ID, true)
	e2etest.Follow(t, p, a, me, true)
	e2etest.Like(t, p, b, video.ID, true)
	e2etest.WaitNotifications(t, p, me, 4)

	e2etest.Like(t, p, a, video.ID, false)
	e2etest.Follow(t, p, a, me, false)
	e2etest.Accepted(t, e2etest.Must(p.DeleteComment(t.Context(), b.Token, video.ID, posted.ID))(t))
	if r := e2etest.WaitNotifications(t, p, me, 1); r.Unread != 1 || r.Notifications[0].Kind != client.KindLiked || r.Notifications[0].Actor.ID != b.ID {
		t.Errorf("after undoing: %+v", r)
	}
	e2etest.WaitNotifications(t, p, b, 0)
}

// The unread count covers all pages, and a notification stays read.
func TestNotificationsAreReadUpToAnID(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	me := e2etest.NewAccount(t, p)
	others := e2etest.NewAccounts(t, p, 4)
	for i, other := range others[:3] {
		e2etest.Follow(t, p, other, me, true)
		e2etest.WaitNotifications(t, p, me, i+1)
	}
	list := e2etest.WaitNotifications(t, p, me, 3).Notifications
	unread := func(upTo, want int64) {
		t.Helper()
		r := e2etest.Must(p.ReadNotifications(t.Context(), me.Token, upTo))(t)
		e2etest.Accepted(t, r)
		if r.Unread != want {
			t.Errorf("read up to %d: unread_count %d, want %d", upTo, r.Unread, want)
		}
		part := e2etest.Must(p.Notifications(t.Context(), me.Token, client.Page{Limit: 1}))(t)
		if part.Unread != want || len(part.Notifications) != 1 {
			t.Errorf("read up to %d: unread_count %d in the list, want %d", upTo, part.Unread, want)
		}
	}
	unread(list[2].ID, 2)
	unread(list[1].ID, 1)
	unread(list[2].ID, 1) // still read
	unread(0, 0)
	e2etest.Follow(t, p, others[3], me, true)
	if r := e2etest.WaitNotifications(t, p, me, 4); r.Unread != 1 {
		t.Errorf("unread_count %d after one more", r.Unread)
	}
	unread(0, 0)
	unread(0, 0)
	if r := e2etest.Must(p.Notifications(t.Context(), others[0].Token, client.Page{}))(t); r.Unread != 0 || len(r.Notifications) != 0 {
		t.Errorf("notifications of another user: %+v", r)
	}
}

func TestRefusedNotifications(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	me, other := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	e2etest.Follow(t, p, other, me, true)
	e2etest.WaitNotifications(t, p, me, 1)
	for what, token := range badTokens(t, p) {
		t.Run("token "+what, func(t *testing.T) {
			e2etest.Refused(t, e2etest.Must(p.Notifications(t.Context(), token, client.Page{}))(t))
			e2etest.Refused(t, e2etest.Must(p.ReadNotifications(t.Context(), token, 0))(t))
		})
	}
	for what, v := range map[string]url.Values{
		"cursor nonsense": {"cursor": {"x"}}, "cursor negative": {"cursor": {"-5"}}, "cursor overflows": {"cursor": {"99999999999999999999"}},
		"limit nonsense": {"limit": {"x"}}, "limit negative": {"limit": {"-1"}}, "limit too large": {"limit": {"1001"}},
	} {
		t.Run(what, func(t *testing.T) {
			v.Set("token", me.Token)
			e2etest.Refused(t, e2etest.Must(client.Call[client.NotificationsResponse](t.Context(), p, http.MethodGet, "/douyin/notification/list/", v))(t))
		})
	}
	for _, id := range []string{"x", "-1", "1.5", "99999999999999999999", "9007199254740992"} {
		t.Run("read up to "+id, func(t *testing.T) {
			e2etest.Refused(t, e2etest.Must(client.Call[client.UnreadResponse](t.Context(), p, http.MethodPost, "/douyin/notification/read/",
				url.Values{"token": {me.Token}, "action_type": {e2etest.ActionSet}, "notification_id": {id}}))(t))
		})
	}
	if r := e2etest.WaitNotifications(t, p, me, 1); r.Unread != 1 {
		t.Errorf("unread_count %d after refused requests", r.Unread)
	}
}
