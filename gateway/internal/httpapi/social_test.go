package httpapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const video = "1001" // the first of newSocialHarness

// newSocialHarness has users 1 and 2, and a video of user 2.
func newSocialHarness(t *testing.T) *apitest.Harness {
	t.Helper()
	h := apitest.New(t, nil)
	amy, bob := h.Users.Add("amy", "x"), h.Users.Add("bob", "x")
	h.Videos.Add(bob, 1000, "cat")
	if amy != 1 || bob != 2 || h.Videos.Published()[0].GetId() != 1001 {
		t.Fatal("the fakes number otherwise")
	}
	return h
}

func act(t *testing.T, h *apitest.Harness, path string, query url.Values, more ...string) []byte {
	t.Helper()
	all := maps.Clone(query)
	for i := 0; i+1 < len(more); i += 2 {
		all.Set(more[i], more[i+1])
	}
	return h.Send(t, http.MethodPost, path, all, "", nil)
}

func TestActionsRefuseWhatTheyCannotRead(t *testing.T) {
	h := newSocialHarness(t)
	for path, whole := range map[string]url.Values{
		"/douyin/favorite/action/": {"video_id": {video}, "action_type": {"1"}},
		"/douyin/comment/action/":  {"video_id": {video}, "action_type": {"1"}, "comment_text": {"hi"}},
		"/douyin/comment/action":   {"video_id": {video}, "action_type": {"2"}, "comment_id": {"1"}},
		"/douyin/relation/action/": {"to_user_id": {"2"}, "action_type": {"1"}},
		"/douyin/message/action/":  {"to_user_id": {"2"}, "action_type": {"1"}, "content": {"hi"}},
	} {
		apitest.WantCode(t, path+" of a guest", act(t, h, path, whole), 2001)
		whole.Set("token", h.TokenOf(t, 1))
		for name := range whole {
			if name == "token" {
				continue
			}
			without := maps.Clone(whole)
			without.Del(name)
			apitest.WantCode(t, path+" without "+name, act(t, h, path, without), 1001)
			apitest.WantCode(t, path+" with an empty "+name, act(t, h, path, whole, name, ""), 1001)
		}
		for _, kind := range []string{"0", "3", "-1", "x", "1.0", "01"} {
			apitest.WantCode(t, path+" of the kind "+kind, act(t, h, path, whole, "action_type", kind), 1009)
		}
		for _, id := range []string{"video_id", "to_user_id", "comment_id"} {
			if whole.Has(id) {
				apitest.WantCode(t, path+" of no number", act(t, h, path, whole, id, "x"), 1002)
				apitest.WantCode(t, path+" of a number too large", act(t, h, path, whole, id, "9007199254740992"), 1002)
			}
		}
	}
	for _, call := range []string{"SetLike", "PostComment", "DeleteComment"} {
		if n := h.Interactions.Count(call); n != 0 {
			t.Errorf("%d calls of %s", n, call)
		}
	}
}

func TestRepeatedActionsSucceed(t *testing.T) {
	h := newSocialHarness(t)
	token := h.TokenOf(t, 1)
	for _, kind := range []string{"1", "1", "2", "2"} {
		apitest.WantCode(t, "like "+kind, act(t, h, "/douyin/favorite/action/", url.Values{"token": {token}, "video_id": {video}, "action_type": {kind}}), 0)
		apitest.WantCode(t, "follow "+kind, act(t, h, "/douyin/relation/action/", url.Values{"token": {token}, "to_user_id": {"2"}, "action_type": {kind}}), 0)
	}
}

func TestPostedCommentIsComplete(t *testing.T) {
	h := newSocialHarness(t)
	post := url.Values{"token": {h.TokenOf(t, 1)}, "video_id": {video}, "action_type": {"1"}, "comment_text": {"你好"}}
	var answer struct{ Comment *compose.Comment }
	body := act(t, h, "/douyin/comment/action/", post)
	if err := json.Unmarshal(body, &answer); err != nil || answer.Comment == nil {
		t.Fatalf("%s, %v", body, err)
	}
	if c := answer.Comment; c.ID != 1 || c.Content != "你好" || c.CreateDate != "03-01" || c.User.ID != 1 || c.User.Name != "amy" || c.User.Avatar == "" {
		t.Errorf("comment %+v", c)
	}
	for what, body := range map[string][]byte{
		"a deletion": act(t, h, "/douyin/comment/action/", url.Values{"token": post["token"], "video_id": {video}, "action_type": {"2"}, "comment_id": {"1"}}),
		"a refusal":  act(t, h, "/douyin/comment/action/", post, "video_id", "7"),
	} {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(body, &fields); err != nil || fields["comment"] != nil {
			t.Errorf("%s: %s, %v", what, body, err)
		}
	}
}

// After a failure the client posts again, so the first post must not exist.
func TestCommentThatCannotBeShownIsNotPosted(t *testing.T) {
	h := newSocialHarness(t)
	h.Users.Fail("GetProfiles", errs.New(errs.Unavailable, "", ""))
	post := url.Values{"token": {h.TokenOf(t, 1)}, "video_id": {video}, "action_type": {"1"}, "comment_text": {"hi"}}
	apitest.WantCode(t, "without the profile of the writer", act(t, h, "/douyin/comment/action/", post), 5001)
	if n := h.Interactions.Count("PostComment"); n != 0 {
		t.Errorf("%d comments posted", n)
	}
}

func TestChatAnswersGuestsAndOddPeersWithNothing(t *testing.T) {
	h := newSocialHarness(t)
	mine := h.TokenOf(t, 1)
	for what, query := range map[string]url.Values{
		"a guest":        {"to_user_id": {"2"}},
		"a bad token":    {"to_user_id": {"2"}, "token": {"x"}},
		"no peer":        {"token": {mine}},
		"peer 0":         {"token": {mine}, "to_user_id": {"0"}},
		"oneself":        {"token": {mine}, "to_user_id": {"1"}},
		"nothing so far": {"token": {mine}, "to_user_id": {"2"}, "pre_msg_time": {"x"}},
	} {
		if got := string(h.Get(t, "/douyin/message/chat/", query)); got != `{"status_code":0,"status_msg":"ok","message_list":[]}` {
			t.Errorf("%s: %s", what, got)
		}
	}
	for what, query := range map[string]url.Values{
		"a guest":     {"user_id": {"1"}},
		"a bad token": {"user_id": {"1"}, "token": {"x"}},
	} {
		apitest.WantCode(t, "friends for "+what, h.Get(t, "/douyin/relation/friend/list/", query), 0)
	}
}

// Three messages, two on a page; the pages do not change the chat.
func TestHistoryIsPagedOldestFirst(t *testing.T) {
	h := newSocialHarness(t)
	mine := h.TokenOf(t, 1)
	for _, text := range []string{"one", "two", "three"} {
		apitest.WantCode(t, text, act(t, h, "/douyin/message/action/",
			url.Values{"token": {mine}, "to_user_id": {"2"}, "action_type": {"1"}, "content": {text}}), 0)
	}
	for cursor, want := range map[string][]string{"": {"two", "three", "2"}, "2": {"one", ""}} {
		var page struct {
			Messages []struct{ Content string } `json:"message_list"`
			Next     string                     `json:"next_cursor"`
		}
		body := h.Get(t, "/douyin/message/history/", url.Values{"token": {mine}, "to_user_id": {"2"}, "limit": {"2"}, "cursor": {cursor}})
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range page.Messages {
			got = append(got, m.Content)
		}
		if got = append(got, page.Next); !slices.Equal(got, want) {
			t.Errorf("cursor %q: %q", cursor, got)
		}
	}
	apitest.WantCode(t, "a guest", h.Get(t, "/douyin/message/history/", url.Values{"to_user_id": {"2"}}), 2001)
	apitest.WantCode(t, "no peer", h.Get(t, "/douyin/message/history/", url.Values{"token": {mine}}), 1001)
	if n := h.Chats.Count("Poll"); n != 0 {
		t.Errorf("%d polls", n)
	}
}

func TestListsAreNeverNull(t *testing.T) {
	h := newSocialHarness(t)
	for path, list := range map[string]string{
		"/douyin/favorite/list/":          "video_list",
		"/douyin/comment/list/":           "comment_list",
		"/douyin/relation/follow/list/":   "user_list",
		"/douyin/relation/follower/list/": "user_list",
		"/douyin/relation/friend/list/":   "user_list",
		"/douyin/notification/list/":      "notification_list",
		"/douyin/message/history/":        "message_list",
	} {
		whole := url.Values{"user_id": {"1"}, "to_user_id": {"2"}, "video_id": {video}, "token": {h.TokenOf(t, 1)}}
		for what, query := range map[string]url.Values{"empty": whole, "refused": {"user_id": {"x"}, "video_id": {"x"}}} {
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(h.Get(t, path, query), &fields); err != nil || string(fields[list]) != "[]" {
				t.Errorf("%s, %s: %s, %v, in %v", path, what, fields[list], err, slices.Sorted(maps.Keys(fields)))
			}
		}
		for _, odd := range []url.Values{{"cursor": {"x"}}, {"limit": {"1001"}}, {"limit": {"x"}}} {
			query := maps.Clone(whole)
			maps.Copy(query, odd)
			if path == "/douyin/comment/list/" || path == "/douyin/notification/list/" || path == "/douyin/message/history/" || odd.Has("limit") {
				apitest.WantCode(t, path+" with "+odd.Encode(), h.Get(t, path, query), 1002)
			}
		}
	}
}
