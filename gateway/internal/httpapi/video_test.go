package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

func TestDelete(t *testing.T) {
	r := newSocialRig(t) // the video is bob's, user 2
	amy, bob := r.tokenOf(t, 1), r.tokenOf(t, 2)
	if !strings.Contains(string(r.get(t, "/douyin/feed", nil)), video) {
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
		wantCode(t, c.what, r.send(t, http.MethodPost, "/douyin/publish/delete/", c.query, "", nil), c.want)
		if gone := len(r.videos.Published()) == 0; gone != (c.want == 0) {
			t.Errorf("%s: gone is %t", c.what, gone)
		}
	}
	// The copy of the feed that was loaded before shows it no longer.
	if strings.Contains(string(r.get(t, "/douyin/feed", nil)), video) {
		t.Error("the feed still shows the video")
	}
}

// Why a video failed is said in the language of who asks.
func TestFailuresAreSaidInTheClientsLanguage(t *testing.T) {
	r := newSocialRig(t)
	r.videos.Change(1001, func(v *videov1.Video) {
		v.State, v.FailureReason = videov1.State_STATE_FAILED, videov1.FailureNoPicture
	})
	for wish, want := range map[string]string{"en": "the file has no picture", "zh-CN": "文件中没有画面"} {
		for _, path := range []string{"/douyin/publish/status/?video_id=" + video, "/douyin/publish/list/?user_id=2"} {
			req, err := http.NewRequest(http.MethodGet, r.base+path+"&token="+r.tokenOf(t, 2), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Language", wish)
			if body := string(r.do(t, req)); !strings.Contains(body, `"failure_msg":"`+want) || !strings.Contains(body, `"failure_reason":"VIDEO_NO_PICTURE"`) {
				t.Errorf("%s in %s: %s", path, wish, body)
			}
		}
	}
}

// A status that is asked for at the moment of the commit.
func TestStatusAtTheMomentOfTheCommit(t *testing.T) {
	r := newSocialRig(t)
	query := url.Values{"video_id": {video}, "token": {r.tokenOf(t, 2)}}
	r.videos.Fail("GetUpload", errs.New(errs.Unavailable, "", ""))
	wantCode(t, "a video asks for no upload", r.get(t, "/douyin/publish/status/", query), 0)
	query.Set("video_id", "404")
	wantCode(t, "the video service fails", r.get(t, "/douyin/publish/status/", query), 5001)
	wantCode(t, "no such thing", r.get(t, "/douyin/publish/status/", query), 3009)
	wantCode(t, "no id", r.get(t, "/douyin/publish/status/", nil), 1001)
}

// A client that repeats itself before the first answer is there.
func TestManyCompletionsOfOneUpload(t *testing.T) {
	r := newDirectRig(t)
	b := r.begin(t, "size", "5000")
	r.put(b, movie(5000), all)
	var completions sync.WaitGroup
	for range 8 {
		completions.Go(func() {
			wantCode(t, "complete", r.post(t, "complete", "video_id", text(b.VideoID), "title", "t"), 0)
		})
	}
	completions.Wait()
	if n := len(r.videos.Published()); n != 1 || r.s3.Len() != 1 {
		t.Errorf("%d videos, %d in the store", n, r.s3.Len())
	}
}
