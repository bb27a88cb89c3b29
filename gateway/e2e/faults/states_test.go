//go:build e2e

package faults

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// Authors see their video and its progress at once. Nobody else sees it before it
// is ready. Media is stopped so that the video stays unprocessed for a while.
func TestStatesOfAVideo(t *testing.T) {
	stack := breakable(t)
	p := e2etest.NewPhone()
	a, other := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	e2etest.WaitIdle(t)
	stack.StopAll(t, "media")
	r := e2etest.Must(p.Publish(t.Context(), a.Token, "waits", bytes.NewReader(e2etest.SmallVideo(t))))(t)
	e2etest.Accepted(t, r)

	video := e2etest.ListedVideo(t, p, a, r.VideoID, a.Token)
	if video.State != client.StateUploaded || video.PlayURL == "" || video.CoverURL == "" || video.HlsURL != "" {
		t.Errorf("right after publish: %+v", video)
	}
	if s := e2etest.Must(p.PublishStatus(t.Context(), a.Token, r.VideoID))(t); s.State != client.StateUploaded {
		t.Errorf("status %+v", s)
	}
	for what, token := range map[string]string{"guest": "", "other user": other.Token} {
		if list := e2etest.Must(p.PublishList(t.Context(), a.ID, token, client.Page{}))(t); len(list.Videos) != 0 {
			t.Errorf("the %s sees %d videos", what, len(list.Videos))
		}
		e2etest.RefusedWith(t, client.CodeVideoUnknown, e2etest.Must(p.PublishStatus(t.Context(), token, r.VideoID))(t))
	}
	e2etest.RefusedWith(t, client.CodeVideoUnknown, e2etest.Must(p.Like(t.Context(), other.Token, r.VideoID, true))(t))
	if feed := e2etest.Must(p.Feed(t.Context(), 0, ""))(t); e2etest.HasVideo(feed.Videos, r.VideoID) {
		t.Error("it is in the feed")
	}
	if n := e2etest.Profile(t, p, a, "").WorkCount; n != 0 {
		t.Errorf("work_count %d", n)
	}
	if _, res := e2etest.Download(t, http.MethodGet, video.PlayURL, nil); res.StatusCode != http.StatusOK {
		t.Errorf("its author cannot play it: %s", res.Status)
	}

	stack.StartAll(t, "media")
	e2etest.WaitReady(t, p, a, r.VideoID)
	e2etest.WaitInFeed(t, p, "", e2etest.ListedVideo(t, p, a, r.VideoID, ""))
	if n := e2etest.Profile(t, p, a, "").WorkCount; n != 1 {
		t.Errorf("work_count %d with one ready video", n)
	}
	if s := e2etest.Must(p.PublishStatus(t.Context(), "", r.VideoID))(t); s.State != client.StateReady || s.Progress != 100 || s.PlayURL == "" || s.HlsURL == "" {
		t.Errorf("a guest sees %+v", s)
	}
	if _, res := e2etest.Download(t, http.MethodGet, video.PlayURL, nil); res.StatusCode != http.StatusOK {
		t.Errorf("the address from before: %s", res.Status)
	}
	for what, id := range map[string]int64{"unknown": 1, "far too large": 1 << 53} {
		t.Run(what, func(t *testing.T) {
			e2etest.Refused(t, e2etest.Must(p.PublishStatus(t.Context(), a.Token, id))(t))
		})
	}
}
