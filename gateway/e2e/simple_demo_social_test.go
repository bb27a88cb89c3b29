//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The organiser's tests send the id of a video as Go prints a float64, so that it
// arrives as 3.70000000000001e+14, and those of users and comments as integers.

// demoSend sends each parameter in the query and in the form, also with GET, and fails
// the test if the request is refused.
func demoSend(t *testing.T, method, path string, pairs ...any) object {
	t.Helper()
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	r := demoCall(t, demoRequest(t, method, path, v, "application/x-www-form-urlencoded", strings.NewReader(v.Encode())))
	if number(t, r, "status_code") != 0 {
		t.Fatalf("%s: %s", path, r["status_msg"])
	}
	return r
}

func objects(t *testing.T, o object, key string) []object {
	t.Helper()
	var list []object
	if err := json.Unmarshal(o[key], &list); err != nil {
		t.Fatalf("%s: %v in %s", key, err, o[key])
	}
	return list
}

// demoFirstVideo returns the id of the first video of the feed as a float64.
func demoFirstVideo(t *testing.T) float64 {
	t.Helper()
	feed := demoCall(t, demoRequest(t, http.MethodGet, "/douyin/feed/", nil, "", nil))
	videos := objects(t, feed, "video_list")
	if len(videos) == 0 {
		t.Fatal("the feed is empty")
	}
	return number(t, videos[0], "id")
}

func TestSimpleDemoFavorite(t *testing.T) {
	for range 2 {
		video := demoFirstVideo(t)
		id, token := demoToken(t, "douyinTestUserA")
		demoSend(t, http.MethodPost, "/douyin/favorite/action/", "token", token, "video_id", video, "action_type", 1)
		list := demoSend(t, http.MethodGet, "/douyin/favorite/list/", "token", token, "user_id", int(id))
		demoVideos(t, list)
	}
}

func TestSimpleDemoComment(t *testing.T) {
	for range 2 {
		video := demoFirstVideo(t)
		_, token := demoToken(t, "douyinTestUserA")
		posted := demoSend(t, http.MethodPost, "/douyin/comment/action/", "token", token, "video_id", video, "action_type", 1, "comment_text", "测试评论")
		var comment object
		if err := json.Unmarshal(posted["comment"], &comment); err != nil {
			t.Fatalf("%v in %s", err, posted["comment"])
		}
		id := int(number(t, comment, "id"))
		if id <= 0 {
			t.Fatalf("comment id %d", id)
		}
		found := false
		for _, c := range objects(t, demoSend(t, http.MethodGet, "/douyin/comment/list/", "token", token, "video_id", video), "comment_list") {
			if c["user"] == nil || text(t, c, "content") == "" || text(t, c, "create_date") == "" {
				t.Errorf("incomplete comment %s", c["id"])
			}
			found = found || int(number(t, c, "id")) == id
		}
		if !found {
			t.Error("the comment is not listed")
		}
		demoSend(t, http.MethodPost, "/douyin/comment/action/", "token", token, "video_id", video, "action_type", 2, "comment_id", id)
	}
}

func TestSimpleDemoRelation(t *testing.T) {
	for range 2 {
		a, tokenA := demoToken(t, "douyinTestUserA")
		b, tokenB := demoToken(t, "douyinTestUserB")
		demoSend(t, http.MethodPost, "/douyin/relation/action/", "token", tokenA, "to_user_id", int(b), "action_type", 1)
		for _, c := range []struct {
			list, token string
			of, has     float64
		}{{"follow", tokenA, a, b}, {"follower", tokenB, b, a}} {
			r := demoSend(t, http.MethodGet, "/douyin/relation/"+c.list+"/list/", "token", c.token, "user_id", int(c.of))
			found := false
			for _, u := range objects(t, r, "user_list") {
				found = found || number(t, u, "id") == c.has
			}
			if !found {
				t.Errorf("the %s list of user %.0f does not have user %.0f", c.list, c.of, c.has)
			}
		}
	}
}

func TestSimpleDemoChat(t *testing.T) {
	for range 2 {
		a, tokenA := demoToken(t, "douyinTestUserA")
		b, tokenB := demoToken(t, "douyinTestUserB")
		demoSend(t, http.MethodPost, "/douyin/message/action/", "token", tokenA, "to_user_id", int(b), "action_type", 1, "content", "Send to UserB")
		demoSend(t, http.MethodPost, "/douyin/message/action/", "token", tokenB, "to_user_id", int(a), "action_type", 1, "content", "Send to UserA")
		for _, c := range []struct {
			token string
			peer  float64
		}{{tokenA, b}, {tokenB, a}} {
			r := demoSend(t, http.MethodGet, "/douyin/message/chat/", "token", c.token, "to_user_id", int(c.peer))
			if len(objects(t, r, "message_list")) == 0 {
				t.Error("no messages")
			}
		}
	}
}
