// Package demo fills an empty stack with a few users, short videos and what
// people do with them, through the public API.
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// Options say where to put the demo.
type Options struct {
	Gateway  string // base URL of the API
	Accounts string // file with the passwords by user name; missing ones are generated
	Folder   string // for clips, which are deleted afterwards
	FFmpeg   string // the program
	Progress func(text string)
}

// parallelClips is how many clips are rendered and uploaded at once.
const parallelClips = 2

// seeder is one run.
type seeder struct {
	Options
	api      *client.Client
	sessions map[string]*session
}

// Seed registers the users, publishes the videos and adds likes, comments,
// follows and messages. It can be repeated after a failure: nothing is added
// twice.
func Seed(ctx context.Context, o Options) (err error) {
	s := &seeder{Options: o, api: newClient(o.Gateway), sessions: map[string]*session{}}
	passwords, err := passwords(o.Accounts)
	if err != nil {
		return err
	}
	for _, name := range users() {
		if s.sessions[name], err = s.signIn(ctx, name, passwords[name]); err != nil {
			return fmt.Errorf("user %s: %w", name, err)
		}
	}
	if err := s.publish(ctx); err != nil {
		return err
	}
	videos, err := s.wait(ctx)
	if err != nil {
		return err
	}
	if err := s.socialize(ctx, videos); err != nil {
		return err
	}
	o.Progress(fmt.Sprintf("%d users, %d videos, %d comments, %d messages", len(users()), len(posts()), len(comments()), len(messages())))
	return nil
}

// publish renders and uploads the missing videos.
func (s *seeder) publish(ctx context.Context) (err error) {
	temporary, err := os.MkdirTemp(s.Folder, "demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(parallelClips)
	for i, p := range posts() {
		author := s.sessions[p.author]
		if author.published[p.title] {
			continue
		}
		work.Go(func() error {
			s.Progress(fmt.Sprintf("video %d of %d", i+1, len(posts())))
			file := filepath.Join(temporary, strconv.Itoa(i)+".mp4")
			if err := p.clip.render(ctx, s.FFmpeg, file); err != nil {
				return err
			}
			if err := s.upload(ctx, author, p.title, file); err != nil {
				return fmt.Errorf("video %q: %w", p.title, err)
			}
			return nil
		})
	}
	return work.Wait()
}

// socialize adds likes, comments, follows and messages; videos are the ids of the
// posts. Likes and follows are idempotent, comments and messages have a request
// id that stays the same.
func (s *seeder) socialize(ctx context.Context, videos []int64) error {
	s.Progress("likes, comments, follows and messages")
	for u, name := range users() {
		for p, post := range posts() {
			if post.author == name || !likes(u, p) {
				continue
			}
			if _, err := client.Accepted(s.api.Like(ctx, s.sessions[name].token, videos[p], true)); err != nil {
				return fmt.Errorf("like of %s: %w", name, err)
			}
		}
	}
	for i, c := range comments() {
		_, err := client.Accepted(s.api.PostComment(ctx, s.sessions[c.author].token, videos[c.post], c.text, requestID("comment", i)))
		if err != nil {
			return fmt.Errorf("comment of %s: %w", c.author, err)
		}
	}
	for _, pair := range follows() {
		_, err := client.Accepted(s.api.Follow(ctx, s.sessions[pair[0]].token, s.sessions[pair[1]].id, true))
		if err != nil {
			return fmt.Errorf("%s follows %s: %w", pair[0], pair[1], err)
		}
	}
	for i, m := range messages() {
		_, err := client.Accepted(s.api.SendMessage(ctx, s.sessions[m.from].token, s.sessions[m.to].id, m.text, requestID("message", i)))
		if err != nil {
			return fmt.Errorf("message of %s: %w", m.from, err)
		}
	}
	return nil
}

func requestID(kind string, n int) string { return fmt.Sprintf("demo-%s-%d", kind, n) }
