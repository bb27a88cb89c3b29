//go:build e2e

package e2e

import (
	"bytes"
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

// A deleted video leaves every list and count at once; its likes, comments and bytes
// follow soon. It can be deleted again.
func TestObjectsOfADeletedVideo(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	author, fan, other := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	kept := e2etest.Publish(t, p, author, "stays", e2etest.SmallVideo(t))
	video := e2etest.Publish(t, p, author, "goes", e2etest.SmallVideo(t))
	for _, a := range []e2etest.Account{fan, other} {
		e2etest.Like(t, p, a, video.ID, true)
		e2etest.Like(t, p, a, kept.ID, true)
		e2etest.Comment(t, p, a, video.ID, "will be deleted")
	}
	e2etest.WaitInFeed(t, p, "", e2etest.ListedVideo(t, p, author, video.ID, ""))
	e2etest.WaitNotifications(t, p, author, 6)

	e2etest.RefusedWith(t, client.CodeVideoNotOwner, e2etest.Must(p.DeleteVideo(t.Context(), fan.Token, video.ID))(t))
	e2etest.RefusedWith(t, client.CodeTokenInvalid, e2etest.Must(p.DeleteVideo(t.Context(), "", video.ID))(t))
	e2etest.RefusedWith(t, client.CodeVideoUnknown, e2etest.Must(p.DeleteVideo(t.Context(), author.Token, 1))(t))

	e2etest.Accepted(t, e2etest.Must(p.DeleteVideo(t.Context(), author.Token, video.ID))(t))
	for _, token := range []string{"", author.Token, fan.Token} {
		if list := e2etest.Must(p.PublishList(t.Context(), author.ID, token, client.Page{}))(t); len(list.Videos) != 1 || list.Videos[0].ID != kept.ID {
			t.Errorf("token %t: %d videos in the list", token != "", len(list.Videos))
		}
	}
	if n := e2etest.Profile(t, p, author, "").WorkCount; n != 1 {
		t.Errorf("work_count %d", n)
	}
	if list := e2etest.Liked(t, p, fan.ID, fan.Token); e2etest.HasVideo(list, video.ID) {
		t.Error("it is in a list of liked videos")
	}
	e2etest.RefusedWith(t, client.CodeVideoUnknown, e2etest.Must(p.PublishStatus(t.Context(), author.Token, video.ID))(t))
	e2etest.Accepted(t, e2etest.Must(p.DeleteVideo(t.Context(), author.Token, video.ID))(t))

	for _, each := range e2etest.Gateways() {
		e2etest.Within(t, e2etest.FeedDelay, "the feed does not have it", func(ctx context.Context) error {
			feed, err := each.Feed(ctx, 0, "")
			if err == nil && e2etest.HasVideo(feed.Videos, video.ID) {
				err = fmt.Errorf("video %d is in the feed", video.ID)
			}
			return err
		})
	}
	e2etest.Within(t, e2etest.Recovery, "its likes and comments are removed", func(ctx context.Context) error {
		r, err := p.Profile(ctx, fan.ID, "")
		if err := e2etest.Acknowledged(r, err); err != nil {
			return err
		}
		if n := r.User.FavoriteCount; n != 1 {
			return fmt.Errorf("favorite_count %d of the fan", n)
		}
		if r, err = p.Profile(ctx, author.ID, ""); err != nil {
			return err
		}
		if n := r.User.TotalFavorited; n != 2 {
			return fmt.Errorf("total_favorited %d of the author", n)
		}
		list, err := p.Comments(ctx, video.ID, "", client.Page{})
		if err == nil && len(list.Comments) > 0 {
			err = fmt.Errorf("%d comments", len(list.Comments))
		}
		return err
	})
	e2etest.RefusedWith(t, client.CodeVideoUnknown, e2etest.Must(p.Like(t.Context(), fan.Token, video.ID, true))(t))
	e2etest.RefusedWith(t, client.CodeVideoUnknown, e2etest.Must(p.PostComment(t.Context(), fan.Token, video.ID, "too late", ""))(t))
	e2etest.WaitNotifications(t, p, author, 2) // the likes of the other video
	e2etest.WaitRemoved(t, video.ID)
	if _, res := e2etest.Download(t, http.MethodGet, kept.PlayURL, nil); res.StatusCode != http.StatusOK {
		t.Errorf("the other video: %s", res.Status)
	}
}

// A video that is deleted while it is queued or processed leaves nothing.
func TestDeleteBeforeReady(t *testing.T) {
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	before := e2etest.StoredObjects(t)
	for range 4 {
		r := e2etest.Must(p.Publish(t.Context(), a.Token, "changed my mind", bytes.NewReader(e2etest.SmallVideo(t))))(t)
		e2etest.Accepted(t, r)
		e2etest.Accepted(t, e2etest.Must(p.DeleteVideo(t.Context(), a.Token, r.VideoID))(t))
		e2etest.Accepted(t, e2etest.Must(p.DeleteVideo(t.Context(), a.Token, r.VideoID))(t))
	}
	e2etest.WaitIdle(t)
	if list := e2etest.Must(p.PublishList(t.Context(), a.ID, a.Token, client.Page{}))(t); len(list.Videos) != 0 {
		t.Errorf("%d videos are left", len(list.Videos))
	}
	e2etest.Within(t, 4*time.Minute, "no object is left", func(context.Context) error {
		if left := e2etest.NewObjects(t, before); len(left) > 0 {
			return fmt.Errorf("%d objects, first %s", len(left), left[0])
		}
		return nil
	})
}

// As with every endpoint, the parameters may be in the query or in a form.
func TestDeleteTakesParametersInAForm(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, a, "goes", e2etest.SmallVideo(t))
	form := url.Values{"token": {a.Token}, "video_id": {e2etest.Decimal(video.ID)}}
	e2etest.Accepted(t, e2etest.Must(client.Send[client.StatusResponse](t.Context(), p, http.MethodPost, "/douyin/publish/delete", nil,
		"application/x-www-form-urlencoded", strings.NewReader(form.Encode())))(t))
	for what, id := range map[string]string{"none": "", "nonsense": "abc", "negative": "-1", "zero": "0"} {
		t.Run(what, func(t *testing.T) {
			e2etest.Refused(t, e2etest.Must(client.Call[client.StatusResponse](t.Context(), p, http.MethodPost, "/douyin/publish/delete/",
				url.Values{"token": {a.Token}, "video_id": {id}}))(t))
		})
	}
}
