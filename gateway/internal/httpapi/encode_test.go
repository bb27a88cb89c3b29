package httpapi

import (
	"encoding/json"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
)

// Long answers are what encoding/json makes of them.
func TestAppendedReplies(t *testing.T) {
	head := request.Head{Code: 5001, Msg: "\u670d<\u52a1>"}
	user := compose.User{ID: 1, Name: "a&b"}
	one := message{ID: 1, ToUserID: 2, FromUserID: 3, Content: "\u2028 \"x\"", CreateTime: 4}
	messages := messagesReply{head, []message{one, one}}
	for name, reply := range map[string]request.AppendedReply{
		"users":         &usersReply{head, []compose.User{user, user}, "c"},
		"no users":      emptyUsers().(*usersReply),
		"friends":       &friendsReply{head, []compose.Friend{{User: user, Message: "m"}}, "c"},
		"comments":      &commentsReply{head, []compose.Comment{{User: user, Content: "c"}}, "c"},
		"videos":        &videosReply{head, []compose.Video{{Author: user, Title: "t"}}, "c"},
		"no videos":     emptyVideos().(*videosReply),
		"feed":          &feedReply{head, 5, []compose.Video{{Author: user, Title: "t"}}},
		"user":          &userReply{head, user},
		"messages":      &messages,
		"history":       &historyReply{messages, "c"},
		"empty history": emptyHistory().(*historyReply),
	} {
		want, err := json.Marshal(reply)
		if err != nil {
			t.Fatal(err)
		}
		if got := reply.AppendJSON(nil); string(got) != string(want) {
			t.Errorf("%s: got  %s\nwant %s", name, got, want)
		}
	}
}
