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

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var update = flag.Bool("update", false, "write the answers to testdata")

// golden compares an answer, byte for byte after indenting, with the agreed one.
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
	h := apitest.New(t, nil)
	creds := url.Values{"username": {"amy"}, "password": {"secret"}}

	golden(t, "feed_empty", h.Get(t, "/douyin/feed", nil))
	golden(t, "register", h.Send(t, http.MethodPost, "/douyin/user/register/", creds, "", nil))
	golden(t, "register_name_taken", h.Send(t, http.MethodPost, "/douyin/user/register/", creds, "", nil))
	golden(t, "login", h.Send(t, http.MethodPost, "/douyin/user/login/", creds, "", nil))
	golden(t, "login_wrong", h.Send(t, http.MethodPost, "/douyin/user/login/", url.Values{"username": {"amy"}, "password": {"x"}}, "", nil))
	golden(t, "publish_list_empty", h.Get(t, "/douyin/publish/list/", url.Values{"user_id": {"1"}}))

	mine := h.TokenOf(t, 1)
	golden(t, "publish", h.Upload(t, nil, apitest.Field("token", mine), apitest.Field("title", "cat"), apitest.File(apitest.Movie(3000))))
	golden(t, "publish_refused", h.Upload(t, nil, apitest.Field("title", "cat"), apitest.File(apitest.Movie(3000))))
	film := url.Values{"video_id": {"1001"}, "token": {mine}}
	golden(t, "publish_list_own", h.Get(t, "/douyin/publish/list/", url.Values{"token": {mine}}))
	golden(t, "publish_status_uploaded", h.Get(t, "/douyin/publish/status/", film))
	golden(t, "publish_status_unknown", h.Get(t, "/douyin/publish/status/", url.Values{"video_id": {"1001"}}))
	h.Videos.Finish(1001)
	golden(t, "publish_status_ready", h.Get(t, "/douyin/publish/status/", url.Values{"video_id": {"1001"}}))
	golden(t, "user", h.Get(t, "/douyin/user/", url.Values{"token": {mine}}))
	golden(t, "user_unknown", h.Get(t, "/douyin/user/", url.Values{"user_id": {"12345"}}))
	golden(t, "publish_list", h.Get(t, "/douyin/publish/list/", url.Values{"user_id": {"1"}}))
	apitest.Within(t, "the feed shows it", func() bool { return strings.Contains(string(h.Get(t, "/douyin/feed", nil)), "1001") })
	golden(t, "feed", h.Get(t, "/douyin/feed/", url.Values{"latest_time": {"0"}, "token": {mine}}))

	h.Videos.Fail("ListByAuthor", errs.New(errs.Unavailable, "", ""))
	golden(t, "publish_list_unavailable", h.Get(t, "/douyin/publish/list/", url.Values{"user_id": {"1"}}))
	h.Videos.Change(1001, func(v *videov1.Video) {
		v.State, v.FailureReason, v.Play = videov1.State_STATE_FAILED, videov1.FailureCodec, nil
	})
	golden(t, "publish_status_failed", h.Get(t, "/douyin/publish/status/", film))
	golden(t, "publish_delete", h.Send(t, http.MethodPost, "/douyin/publish/delete/", film, "", nil))
	golden(t, "publish_delete_again", h.Send(t, http.MethodPost, "/douyin/publish/delete/", film, "", nil))
	golden(t, "unknown_route", h.Get(t, "/douyin/nothing/", nil))
	golden(t, "feed_wrong_method", h.Send(t, http.MethodPost, "/douyin/feed", nil, "", nil))
}

func TestGoldenDirectUpload(t *testing.T) {
	h := apitest.New(t, nil)
	token := h.TokenOf(t, h.Users.Add("amy", "x"))
	post := func(path, query string) []byte {
		return h.Send(t, http.MethodPost, "/douyin/publish/"+path+"?token="+token+query, nil, "", nil)
	}
	golden(t, "publish_begin", post("begin/", "&size=9000000"))
	golden(t, "publish_begin_refused", post("begin/", ""))
	golden(t, "publish_status_uploading", h.Get(t, "/douyin/publish/status", url.Values{"token": {token}, "video_id": {"1001"}}))
	golden(t, "publish_complete_early", post("complete/", "&video_id=1001&title=t"))
	film := apitest.Movie(9_000_000)
	h.S3.PutPart("videos/1001", 1, film[:8<<20])
	h.S3.PutPart("videos/1001", 2, film[8<<20:])
	golden(t, "publish_complete", post("complete/", "&video_id=1001&title=t"))
}
