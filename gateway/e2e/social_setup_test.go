//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// hands is how many requests a setup sends at a time.
const hands = 4

// crowd registers users, a few at a time: the hashing of passwords takes its
// time.
func crowd(t testing.TB, p *Phone, n int) []account {
	t.Helper()
	prefix := random(t)
	users := make([]account, n)
	patient, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	atOnce(t, n, func(i int) error {
		attempt := 0
		return poll(patient, func(ctx context.Context) error {
			// On a busy machine one may time out, and its name may be taken then.
			attempt++
			a := account{Name: fmt.Sprintf("crowd-%s-%d-%d", prefix, i, attempt), Password: canary + prefix}
			r, err := p.Register(ctx, a.Name, a.Password)
			if err := acknowledged(r, err); err != nil {
				return err
			}
			a.ID, a.Token = r.UserID, r.Token
			users[i] = a
			return nil
		})
	})
	return users
}

// atOnce does n things, a few at a time.
func atOnce(t testing.TB, n int, do func(i int) error) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(hands)
	for i := range n {
		group.Go(func() error { return do(i) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// acknowledged makes an error of a refusal.
func acknowledged(r reply, err error) error {
	if err != nil {
		return err
	}
	if s := r.status(); s.StatusCode != 0 {
		return fmt.Errorf("%w: %d %s", errRefused, s.StatusCode, s.StatusMsg)
	}
	return nil
}

// The acts below end the test unless they are acknowledged.

func like(t testing.TB, p *Phone, a account, videoID int64, wanted bool) {
	t.Helper()
	accepted(t, must(p.Like(t.Context(), a.Token, videoID, wanted))(t))
}

func follow(t testing.TB, p *Phone, a, b account, wanted bool) {
	t.Helper()
	accepted(t, must(p.Follow(t.Context(), a.Token, b.ID, wanted))(t))
}

func comment(t testing.TB, p *Phone, a account, videoID int64, text string) Comment {
	t.Helper()
	r := must(p.Comment(t.Context(), a.Token, videoID, text))(t)
	accepted(t, r)
	return *r.Comment
}

func say(t testing.TB, p *Phone, a, b account, text string) {
	t.Helper()
	accepted(t, must(p.Send(t.Context(), a.Token, b.ID, text))(t))
}

// befriend makes two users follow each other.
func befriend(t testing.TB, p *Phone, a, b account) {
	t.Helper()
	follow(t, p, a, b, true)
	follow(t, p, b, a, true)
}

func profile(t testing.TB, p *Phone, of account, token string) User {
	t.Helper()
	r := must(p.Profile(t.Context(), of.ID, token))(t)
	accepted(t, r)
	return r.User
}

// shown is a video as its author's list shows it.
func shown(t testing.TB, p *Phone, author account, videoID int64, token string) Video {
	t.Helper()
	r := must(p.PublishList(t.Context(), author.ID, token))(t)
	accepted(t, r)
	for _, v := range r.Videos {
		if v.ID == videoID {
			return v
		}
	}
	t.Fatalf("video %d is not in its author's list of %d", videoID, len(r.Videos))
	return Video{}
}

func liked(t testing.TB, p *Phone, userID int64, token string) []Video {
	t.Helper()
	r := must(p.Liked(t.Context(), userID, token, Part{}))(t)
	accepted(t, r)
	return r.Videos
}

func comments(t testing.TB, p *Phone, videoID int64, token string) []Comment {
	t.Helper()
	r := must(p.Comments(t.Context(), videoID, token, Part{}))(t)
	accepted(t, r)
	return r.Comments
}

func follows(t testing.TB, p *Phone, of account, token string) []User {
	t.Helper()
	r := must(p.Follows(t.Context(), of.ID, token, Part{}))(t)
	accepted(t, r)
	return r.Users
}

func followers(t testing.TB, p *Phone, of account, token string) []User {
	t.Helper()
	r := must(p.Followers(t.Context(), of.ID, token, Part{}))(t)
	accepted(t, r)
	return r.Users
}

func friends(t testing.TB, p *Phone, of account, token string) []Friend {
	t.Helper()
	r := must(p.Friends(t.Context(), of.ID, token, Part{}))(t)
	accepted(t, r)
	return r.Friends
}

func chat(t testing.TB, p *Phone, a, b account, since string) []Message {
	t.Helper()
	r := must(p.Chat(t.Context(), a.Token, b.ID, since))(t)
	accepted(t, r)
	return r.Messages
}

// The functions below pick what of a list a test compares.

func userIDs(users []User) []int64 {
	out := make([]int64, len(users))
	for i, u := range users {
		out[i] = u.ID
	}
	return out
}

func friendIDs(friends []Friend) []int64 {
	out := make([]int64, len(friends))
	for i, f := range friends {
		out[i] = f.ID
	}
	return out
}

func contents(messages []Message) []string {
	out := make([]string, len(messages))
	for i, m := range messages {
		out[i] = m.Content
	}
	return out
}

// publishedID publishes a video, waits until it is ready and returns its id.
func publishedID(ctx context.Context, p *Phone, a account, movie []byte) (int64, error) {
	published, err := p.Publish(ctx, a.Token, "a work", bytes.NewReader(movie))
	if err := acknowledged(published, err); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	return published.VideoID, poll(ctx, func(ctx context.Context) error {
		r, err := p.Processing(ctx, a.Token, published.VideoID)
		if err == nil && r.State != stateReady {
			err = fmt.Errorf("video %d is %s %s", published.VideoID, r.State, r.FailureReason)
		}
		return acknowledged(r, err)
	})
}
