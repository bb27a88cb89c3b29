package endpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/load"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/model"
	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// newEnv returns an Env of a small data set without a stack.
func newEnv() *Env {
	d := model.Plan(model.NewShape(1, 4), time.Now())
	for i := range d.Actors {
		d.UserIDs[i] = int64(1_000 + i)
		d.Actors[i] = model.Actor{ID: d.UserIDs[i], Name: fmt.Sprintf("actor %d", i), Token: fmt.Sprintf("token-%d", i)}
	}
	d.VideoIDs[0] = 999
	d.Index()
	return NewEnv(d, "test:80", time.Second)
}

func user(id int64, follow bool) client.User {
	return client.User{ID: id, Name: "n", Signature: "s", IsFollow: follow, Avatar: "http://test/a", BackgroundImage: "http://test/b"}
}

func encoded(t *testing.T, r any) []byte {
	t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// feed returns the feed as reader 0 sees it.
func feed(e *Env) client.FeedResponse {
	d, r := e.Data, client.FeedResponse{NextTime: time.Now().UnixMilli()}
	for i := range feedLength {
		n := len(d.VideoIDs) - 1 - i
		author := d.UserIDs[d.Authors[n]]
		r.Videos = append(r.Videos, client.Video{
			ID: d.VideoIDs[n], Author: user(author, d.ReaderFollows(0, author)), IsFavorite: d.ReaderLikes(0, d.VideoIDs[n]),
			PlayURL: "http://test/p", CoverURL: "http://test/c", Title: "t", State: client.StateReady,
		})
	}
	return r
}

func only(t *testing.T, e *Env, name string) load.Source {
	t.Helper()
	named, err := Named([]string{name})
	if err != nil || len(named) != 1 {
		t.Fatalf("%v, %v", named, err)
	}
	return named[0].Sources(e, 1)[0]
}

func TestFeedsAreComparedWithTheModel(t *testing.T) {
	e := newEnv()
	liked := 0
	for i, video := range feed(e).Videos {
		if video.IsFavorite {
			liked = i
		}
	}
	for what, change := range map[string]func(*client.FeedResponse){
		"a lost like":         func(r *client.FeedResponse) { r.Videos[liked].IsFavorite = false },
		"another's like":      func(r *client.FeedResponse) { r.Videos[0].IsFavorite = true },
		"another's follow":    func(r *client.FeedResponse) { r.Videos[0].Author.IsFollow = true },
		"a missing video":     func(r *client.FeedResponse) { r.Videos = r.Videos[1:] },
		"a video twice":       func(r *client.FeedResponse) { r.Videos[1] = r.Videos[0] },
		"a refusal":           func(r *client.FeedResponse) { r.Code = client.CodeBusy },
		"a video without URL": func(r *client.FeedResponse) { r.Videos[3].PlayURL = "" },
	} {
		source := only(t, e, "feed-token")
		right, wrong := feed(e), feed(e)
		change(&wrong)
		source.Next()
		if err := source.Check(encoded(t, right)); err != nil {
			t.Fatalf("the right feed: %v", err)
		}
		source.Next()
		if err := source.Check(encoded(t, wrong)); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	guest := only(t, e, "feed")
	guest.Next()
	if err := guest.Check(encoded(t, feed(e))); err == nil {
		t.Error("a guest has flags")
	}
}

// Equal answers are decoded once, but an answer to another request is not the same.
func TestPoolRemembersAnswersByRequest(t *testing.T) {
	verified := 0
	p := newPool([][]byte{[]byte("a"), []byte("b")}, func(n int, _ []byte) error {
		verified++
		if n == 1 {
			return errors.New("wrong for b")
		}
		return nil
	})
	body := []byte(accepted + `"status_msg":"ok"}`)
	for range 3 {
		if request := string(p.Next()); request != "a" || p.Check(body) != nil {
			t.Fatalf("request %s", request)
		}
		if request := string(p.Next()); request != "b" || p.Check(body) == nil {
			t.Fatalf("request %s accepts the answer to a", request)
		}
	}
	if verified != 1+3 {
		t.Errorf("verified %d times, want the answer to a once and the one to b each time", verified)
	}
	p.Next()
	if err := p.Check([]byte(`{"status_code":5003,"status_msg":"busy"}`)); err == nil {
		t.Error("a refusal is accepted")
	}
}

func messagesOf(since int64, numbers ...int) client.MessagesResponse {
	r := client.MessagesResponse{Messages: []client.Message{}}
	for i, n := range numbers {
		r.Messages = append(r.Messages, client.Message{
			ID: int64(n), FromUserID: 1, ToUserID: 2, Content: fmt.Sprintf("%s%d", numbered, n), CreateTime: since + int64(i) + 1,
		})
	}
	return r
}

func TestPollsGetEachMessageOnce(t *testing.T) {
	const start = 1_700_000_000_000
	for what, test := range map[string]struct {
		second client.MessagesResponse
		ok     bool
	}{
		"nothing":        {messagesOf(start), true},
		"the next":       {messagesOf(start+10, 3), true},
		"the next two":   {messagesOf(start+10, 3, 4), true},
		"one again":      {messagesOf(start, 2), false},
		"one is lost":    {messagesOf(start+10, 4), false},
		"in wrong order": {messagesOf(start+10, 4, 3), false},
	} {
		p := &poll{env: newEnv(), token: "T", peer: 1}
		if !strings.Contains(string(p.Next()), "pre_msg_time=0 ") {
			t.Fatal("the first poll does not ask for everything")
		}
		if err := p.Check(encoded(t, messagesOf(start, 1, 2))); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(p.Next()), fmt.Sprintf("pre_msg_time=%d ", int64(start+2))) {
			t.Errorf("the second poll does not continue: %s", p.Next())
		}
		if err := p.Check(encoded(t, test.second)); (err == nil) != test.ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	quiet := &poll{env: newEnv(), token: "T", peer: 1, quiet: true}
	quiet.Next()
	if err := quiet.Check(encoded(t, messagesOf(start, 1, 2))); err != nil {
		t.Fatal(err)
	}
	if err := quiet.Check(encoded(t, messagesOf(start+10, 3))); err == nil {
		t.Error("a message where nobody writes is accepted")
	}
}

func TestWritesAreNewForAsLongAsPossible(t *testing.T) {
	e := newEnv()
	for name, n := range map[string]int{"like": len(e.Data.VideoIDs) - 1, "follow": len(e.Data.UserIDs) - len(e.Data.Actors) - 1} {
		source := only(t, e, name)
		seen := map[string]bool{}
		for range n {
			request := string(source.Next())
			if seen[request] || !strings.Contains(request, "action_type=1") {
				t.Fatalf("%s: %s again, or no creation", name, request)
			}
			seen[request] = true
		}
		if request := string(source.Next()); !strings.Contains(request, "action_type=2") {
			t.Errorf("%s: the second round begins with %s", name, request)
		}
	}
}

func TestCommentsAndLoginsCheckTheirAnswer(t *testing.T) {
	e := newEnv()
	comment := only(t, e, "comment")
	comment.Next()
	if err := comment.Check([]byte(accepted + `"comment":{"content":"comment number 1"}}`)); err != nil {
		t.Error(err)
	}
	comment.Next()
	if err := comment.Check([]byte(accepted + `"comment":{"content":"comment number 1"}}`)); err == nil {
		t.Error("the comment before is accepted")
	}
	login := only(t, e, "login")
	login.Next()
	if err := login.Check([]byte(accepted + `"user_id":1002,"token":"T"}`)); err != nil {
		t.Error(err)
	}
	if err := login.Check([]byte(accepted + `"user_id":1003,"token":"T"}`)); err == nil {
		t.Error("the session of another user is accepted")
	}
}

func TestRequestsAreComplete(t *testing.T) {
	e := newEnv()
	for _, endpoint := range All() {
		request := string(endpoint.Sources(e, 1)[0].Next())
		method, rest, _ := strings.Cut(request, " ")
		if !strings.HasPrefix(rest, "/douyin/") || !strings.HasSuffix(request, "\r\n\r\n") || !strings.Contains(request, "\r\nHost: test:80\r\n") {
			t.Errorf("%s: %q", endpoint.Name, request)
		}
		if (method == post) != strings.Contains(request, "Content-Length: 0") {
			t.Errorf("%s: %q", endpoint.Name, request)
		}
	}
	if _, err := Named([]string{"like", "nothing"}); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("an unknown endpoint: %v", err)
	}
	usual, err := Named(nil)
	if err != nil || len(usual) >= len(All()) {
		t.Errorf("%d endpoints of %d, %v", len(usual), len(All()), err)
	}
}
