package endpoint

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/load"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/seed"
)

// writer is how far the writer of a connection is. It survives a run, so that each
// like and each follow is a new one for as long as possible.
type writer struct {
	likes, topLikes, follows, comments, messages int
	said                                         int // messages to the reader of the same number
}

// write is a source that makes each request anew.
type write struct {
	buffer []byte
	next   func(buffer []byte) []byte
	check  func(body []byte) error
}

// Next implements load.Source.
func (w *write) Next() []byte {
	w.buffer = w.next(w.buffer[:0])
	return w.buffer
}

// Check implements load.Source.
func (w *write) Check(body []byte) error { return w.check(body) }

// The values of action_type.
func action(set bool) string {
	if set {
		return "1"
	}
	return "2"
}

// cycle spreads the numbers of one writer over n things. Numbers of one round
// differ; round says how often all things had their turn before.
func cycle(connection, number, n int) (thing, round int) {
	step := 7
	for n%step == 0 {
		step += 2
	}
	return (connection*61 + number%n*step) % n, number / n
}

func writes() []Endpoint {
	return []Endpoint{
		{Name: "like", Title: "like", Writes: true, source: likes},
		{Name: "like-one", Title: "like, all the same video", Writes: true, Seldom: true, source: likesOfTop},
		{Name: "follow", Title: "follow", Writes: true, source: followed},
		{Name: "comment", Title: "comment", Writes: true, source: commented},
		{Name: "message", Title: "message", Writes: true, source: messages},
	}
}

// likes gives likes to all videos in turn but the top one, and takes them back in
// the following round.
func likes(e *Env, connection int) load.Source {
	w, token := &e.writers[connection], e.Data.Writer(connection).Token
	return &write{check: checkAccepted, next: func(buffer []byte) []byte {
		video, round := cycle(connection, w.likes, len(e.Data.VideoIDs)-1)
		w.likes++
		return e.appendRequest(buffer, post, "/douyin/favorite/action/", "token", token,
			"video_id", decimal(e.Data.VideoIDs[video]), "action_type", action(round%2 == 0))
	}}
}

// likesOfTop gives a like to the top video and takes it back, in turn.
func likesOfTop(e *Env, connection int) load.Source {
	w, token := &e.writers[connection], e.Data.Writer(connection).Token
	return &write{check: checkAccepted, next: func(buffer []byte) []byte {
		w.topLikes++
		return e.appendRequest(buffer, post, "/douyin/favorite/action/", "token", token,
			"video_id", decimal(e.Data.TopVideo()), "action_type", action(w.topLikes%2 == 1))
	}}
}

// followed follows the users who are no actors in turn, without the top one, and
// ends it in the following round.
func followed(e *Env, connection int) load.Source {
	w, token := &e.writers[connection], e.Data.Writer(connection).Token
	first := len(e.Data.Actors) + 1
	return &write{check: checkAccepted, next: func(buffer []byte) []byte {
		user, round := cycle(connection, w.follows, len(e.Data.UserIDs)-first)
		w.follows++
		return e.appendRequest(buffer, post, "/douyin/relation/action/", "token", token,
			"to_user_id", decimal(e.Data.UserIDs[first+user]), "action_type", action(round%2 == 0))
	}}
}

// commented comments on all videos in turn but the top one.
func commented(e *Env, connection int) load.Source {
	w, token := &e.writers[connection], e.Data.Writer(connection).Token
	var text string
	return &write{
		next: func(buffer []byte) []byte {
			video, _ := cycle(connection, w.comments, len(e.Data.VideoIDs)-1)
			w.comments++
			text = "comment number " + strconv.Itoa(w.comments)
			return e.appendRequest(buffer, post, "/douyin/comment/action/", "token", token,
				"video_id", decimal(e.Data.VideoIDs[video]), "action_type", "1", "comment_text", text)
		},
		check: func(body []byte) error {
			if err := checkAccepted(body); err != nil {
				return err
			}
			if !bytes.Contains(body, []byte(`"content":"`+text+`"`)) {
				return fmt.Errorf("the answer lacks the comment %q: %.300s", text, body)
			}
			return nil
		},
	}
}

// correspondents is how many users each writer writes to.
const correspondents = 64

func messages(e *Env, connection int) load.Source {
	w, token := &e.writers[connection], e.Data.Writer(connection).Token
	first := len(e.Data.Actors) + 1
	others := min(correspondents, len(e.Data.UserIDs)-first)
	return &write{check: checkAccepted, next: func(buffer []byte) []byte {
		user, _ := cycle(connection, w.messages, others)
		w.messages++
		return e.appendRequest(buffer, post, "/douyin/message/action/", "token", token,
			"to_user_id", decimal(e.Data.UserIDs[first+user]), "action_type", "1",
			"content", "message number "+strconv.Itoa(w.messages))
	}}
}

func logins() []Endpoint {
	return []Endpoint{{Name: "login", Title: "login", source: func(e *Env, connection int) load.Source {
		writer := e.Data.Writer(connection)
		request := e.request(post, "/douyin/user/login/", "username", writer.Name, "password", seed.Password)
		want := []byte(`"user_id":` + decimal(writer.ID) + `,"token":"`)
		return &write{
			next: func([]byte) []byte { return request },
			check: func(body []byte) error {
				if err := checkAccepted(body); err != nil {
					return err
				}
				if !bytes.Contains(body, want) {
					return fmt.Errorf("the session of another user: %.200s", body)
				}
				return nil
			},
		}
	}}}
}
