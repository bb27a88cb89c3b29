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
)

// Deleting a video takes it out of every list and count at once, its likes and
// comments soon after, and its bytes; doing so twice is the same.
func TestDeletedVideoIsGoneEverywhere(t *testing.T) {
	p := newPhone()
	author, fan, other := newAccount(t, p), newAccount(t, p), newAccount(t, p)
	kept := published(t, p, author, "stays", smallMP4(t))
	video := published(t, p, author, "goes", smallMP4(t))
	for _, a := range []account{fan, other} {
		like(t, p, a, video.ID, true)
		like(t, p, a, kept.ID, true)
		comment(t, p, a, video.ID, "soon gone")
	}
	inFeed(t, p, "", shown(t, p, author, video.ID, ""))
	told(t, p, author, 6)

	for what, token := range map[string]string{"somebody else": fan.Token} {
		t.Run(what, func(t *testing.T) {
			refusedWith(t, videoForeign, must(p.DeleteVideo(t.Context(), token, video.ID))(t))
		})
	}
	refusedWith(t, tokenInvalid, must(p.DeleteVideo(t.Context(), "", video.ID))(t))
	refusedWith(t, videoUnknown, must(p.DeleteVideo(t.Context(), author.Token, 1))(t))

	accepted(t, must(p.DeleteVideo(t.Context(), author.Token, video.ID))(t))
	for _, token := range []string{"", author.Token, fan.Token} {
		if list := must(p.PublishList(t.Context(), author.ID, token))(t); len(list.Videos) != 1 || list.Videos[0].ID != kept.ID {
			t.Errorf("token %t: %d videos in the list", token != "", len(list.Videos))
		}
	}
	if n := profile(t, p, author, "").WorkCount; n != 1 {
		t.Errorf("work_count %d", n)
	}
	if list := liked(t, p, fan.ID, fan.Token); hasVideo(list, video.ID) {
		t.Error("it is in a list of likes")
	}
	refusedWith(t, videoUnknown, must(p.Processing(t.Context(), author.Token, video.ID))(t))
	accepted(t, must(p.DeleteVideo(t.Context(), author.Token, video.ID))(t))

	for _, each := range gateways() {
		within(t, 3*time.Second, "the feed has it no more", func(ctx context.Context) error {
			feed, err := each.Feed(ctx, "", "")
			if err == nil && hasVideo(feed.Videos, video.ID) {
				err = fmt.Errorf("video %d is there", video.ID)
			}
			return err
		})
	}
	within(t, recovery, "likes and comments have ended", func(ctx context.Context) error {
		r, err := p.Profile(ctx, fan.ID, "")
		if err := acknowledged(r, err); err != nil {
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
		list, err := p.Comments(ctx, video.ID, "", Part{})
		if err == nil && len(list.Comments) > 0 {
			err = fmt.Errorf("%d comments", len(list.Comments))
		}
		return err
	})
	refusedWith(t, videoUnknown, must(p.Like(t.Context(), fan.Token, video.ID, true))(t))
	refusedWith(t, videoUnknown, must(p.Comment(t.Context(), fan.Token, video.ID, "too late"))(t))
	told(t, p, author, 2) // of the likes of the other video
	bytesGo(t, video.ID)
	if _, res := download(t, http.MethodGet, kept.PlayURL, nil); res.StatusCode != http.StatusOK {
		t.Errorf("the other video: %s", res.Status)
	}
}

// Who deletes a video while it waits or is worked on gets rid of all of it.
func TestDeleteBeforeItIsReady(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	before := storedFiles(t)
	for range 4 {
		r := must(p.Publish(t.Context(), a.Token, "changed my mind", bytes.NewReader(smallMP4(t))))(t)
		accepted(t, r)
		accepted(t, must(p.DeleteVideo(t.Context(), a.Token, r.VideoID))(t))
		accepted(t, must(p.DeleteVideo(t.Context(), a.Token, r.VideoID))(t))
	}
	calm(t)
	if list := must(p.PublishList(t.Context(), a.ID, a.Token))(t); len(list.Videos) != 0 {
		t.Errorf("%d videos are left", len(list.Videos))
	}
	within(t, 4*time.Minute, "no byte is left", func(context.Context) error {
		if left := newFiles(t, before); len(left) > 0 {
			return fmt.Errorf("%d files, first %s", len(left), left[0])
		}
		return nil
	})
}

// Parameters travel anywhere, as with every endpoint.
func TestDeleteTakesParametersAnywhere(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	video := published(t, p, a, "goes", smallMP4(t))
	form := url.Values{"token": {a.Token}, "video_id": {decimal(video.ID)}}
	accepted(t, must(send[StatusReply](t.Context(), p, http.MethodPost, "/douyin/publish/delete", nil,
		"application/x-www-form-urlencoded", strings.NewReader(form.Encode())))(t))
	for what, id := range map[string]string{"none": "", "nonsense": "abc", "negative": "-1", "zero": "0"} {
		t.Run(what, func(t *testing.T) {
			refused(t, must(call[StatusReply](t.Context(), p, http.MethodPost, "/douyin/publish/delete/",
				url.Values{"token": {a.Token}, "video_id": {id}}))(t))
		})
	}
}
