package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

func TestDelete(t *testing.T) {
	h := newSocialHarness(t) // the video is bob's, user 2
	amy, bob := h.TokenOf(t, 1), h.TokenOf(t, 2)
	if !strings.Contains(string(h.Get(t, "/douyin/feed", nil)), video) {
		t.Fatal("the feed does not show the video")
	}
	for _, c := range []struct {
		what  string
		query url.Values
		want  int32
	}{
		{"guest", url.Values{"video_id": {video}}, 2001},
		{"bad token", url.Values{"video_id": {video}, "token": {"x"}}, 2001},
		{"no id", url.Values{"token": {bob}}, 1001},
		{"no number", url.Values{"token": {bob}, "video_id": {"x"}}, 1002},
		{"of somebody else", url.Values{"token": {amy}, "video_id": {video}}, 3010},
		{"unknown", url.Values{"token": {bob}, "video_id": {"404"}}, 3009},
		{"own", url.Values{"token": {bob}, "video_id": {video}}, 0},
		{"again", url.Values{"token": {bob}, "video_id": {video}}, 0},
	} {
		apitest.WantCode(t, c.what, h.Send(t, http.MethodPost, "/douyin/publish/delete/", c.query, "", nil), c.want)
		if gone := len(h.Videos.Published()) == 0; gone != (c.want == 0) {
			t.Errorf("%s: gone is %t", c.what, gone)
		}
	}
	// The copy of the feed that was loaded before shows it no longer.
	if strings.Contains(string(h.Get(t, "/douyin/feed", nil)), video) {
		t.Error("the feed still shows the video")
	}
}

// Why a video failed is said in the language of who asks.
func TestFailuresAreSaidInTheClientsLanguage(t *testing.T) {
	h := newSocialHarness(t)
	h.Videos.Change(1001, func(v *videov1.Video) {
		v.State, v.FailureReason = videov1.State_STATE_FAILED, videov1.FailureNoPicture
	})
	for wish, want := range map[string]string{"en": "the file has no picture", "zh-CN": "文件中没有画面"} {
		for _, path := range []string{"/douyin/publish/status/?video_id=" + video, "/douyin/publish/list/?user_id=2"} {
			req, err := http.NewRequest(http.MethodGet, h.Base+path+"&token="+h.TokenOf(t, 2), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Language", wish)
			if body := string(h.Do(t, req)); !strings.Contains(body, `"failure_msg":"`+want) || !strings.Contains(body, `"failure_reason":"VIDEO_NO_PICTURE"`) {
				t.Errorf("%s in %s: %s", path, wish, body)
			}
		}
	}
}

// A status that is asked for at the moment of the commit.
func TestStatusAtTheMomentOfTheCommit(t *testing.T) {
	h := newSocialHarness(t)
	query := url.Values{"video_id": {video}, "token": {h.TokenOf(t, 2)}}
	h.Videos.Fail("GetUpload", errs.New(errs.Unavailable, "", ""))
	apitest.WantCode(t, "a video asks for no upload", h.Get(t, "/douyin/publish/status/", query), 0)
	query.Set("video_id", "404")
	apitest.WantCode(t, "the video service fails", h.Get(t, "/douyin/publish/status/", query), 5001)
	apitest.WantCode(t, "no such thing", h.Get(t, "/douyin/publish/status/", query), 3009)
	apitest.WantCode(t, "no id", h.Get(t, "/douyin/publish/status/", nil), 1001)
}
