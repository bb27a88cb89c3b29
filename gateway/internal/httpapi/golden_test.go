package httpapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var update = flag.Bool("update", false, "write the answers to testdata")

// golden compares an answer, byte for byte after indenting, with what was
// agreed on.
func golden(t *testing.T, name string, body []byte) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, body, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	pretty.WriteByte('\n')
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pretty.Bytes(), want) {
		t.Errorf("%s: got\n%swant\n%s", name, pretty.Bytes(), want)
	}
}

func TestGoldenAnswers(t *testing.T) {
	r := newRig(t, nil)
	creds := url.Values{"username": {"amy"}, "password": {"secret"}}

	golden(t, "feed_empty", r.get(t, "/douyin/feed", nil))
	golden(t, "register", r.send(t, http.MethodPost, "/douyin/user/register/", creds, "", nil))
	golden(t, "register_name_taken", r.send(t, http.MethodPost, "/douyin/user/register/", creds, "", nil))
	golden(t, "login", r.send(t, http.MethodPost, "/douyin/user/login/", creds, "", nil))
	golden(t, "login_wrong", r.send(t, http.MethodPost, "/douyin/user/login/", url.Values{"username": {"amy"}, "password": {"x"}}, "", nil))
	golden(t, "publish_list_empty", r.get(t, "/douyin/publish/list/", url.Values{"user_id": {"1"}}))

	mine := r.tokenOf(t, 1)
	golden(t, "publish", r.upload(t, nil, field("token", mine), field("title", "cat"), file(movie(3000))))
	golden(t, "publish_refused", r.upload(t, nil, field("title", "cat"), file(movie(3000))))
	film := url.Values{"video_id": {"1001"}, "token": {mine}}
	golden(t, "publish_list_own", r.get(t, "/douyin/publish/list/", url.Values{"token": {mine}}))
	golden(t, "publish_status_uploaded", r.get(t, "/douyin/publish/status/", film))
	golden(t, "publish_status_unknown", r.get(t, "/douyin/publish/status/", url.Values{"video_id": {"1001"}}))
	r.videos.Finish(1001)
	golden(t, "publish_status_ready", r.get(t, "/douyin/publish/status/", url.Values{"video_id": {"1001"}}))
	golden(t, "user", r.get(t, "/douyin/user/", url.Values{"token": {mine}}))
	golden(t, "user_unknown", r.get(t, "/douyin/user/", url.Values{"user_id": {"12345"}}))
	golden(t, "publish_list", r.get(t, "/douyin/publish/list/", url.Values{"user_id": {"1"}}))
	within(t, "the feed shows it", func() bool { return strings.Contains(string(r.get(t, "/douyin/feed", nil)), "1001") })
	golden(t, "feed", r.get(t, "/douyin/feed/", url.Values{"latest_time": {"0"}, "token": {mine}}))

	r.videos.Fail("ListByAuthor", errs.New(errs.Unavailable, "", ""))
	golden(t, "publish_list_unavailable", r.get(t, "/douyin/publish/list/", url.Values{"user_id": {"1"}}))
	r.videos.Change(1001, func(v *videov1.Video) {
		v.State, v.FailureReason, v.Play = videov1.State_STATE_FAILED, videov1.FailureCodec, nil
	})
	golden(t, "publish_status_failed", r.get(t, "/douyin/publish/status/", film))
	golden(t, "publish_delete", r.send(t, http.MethodPost, "/douyin/publish/delete/", film, "", nil))
	golden(t, "publish_delete_again", r.send(t, http.MethodPost, "/douyin/publish/delete/", film, "", nil))
	golden(t, "unknown_route", r.get(t, "/douyin/nothing/", nil))
	golden(t, "feed_wrong_method", r.send(t, http.MethodPost, "/douyin/feed", nil, "", nil))
}
