package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// requestTimeout bounds one request, an upload included.
const requestTimeout = time.Minute

func newClient(gateway string) *client.Client {
	return client.New(gateway, &http.Client{Timeout: requestTimeout})
}

// session is a logged-in user.
type session struct {
	id        int64
	token     string
	published map[string]bool // by title, without failed ones
}

// signIn registers a user, or logs in if the name is taken.
func (s *seeder) signIn(ctx context.Context, name, password string) (*session, error) {
	account, err := client.Accepted(s.api.Register(ctx, name, password))
	var refused *client.Refusal
	if errors.As(err, &refused) {
		var loginErr error
		if account, loginErr = client.Accepted(s.api.Login(ctx, name, password)); loginErr != nil {
			return nil, fmt.Errorf("register: %w; login: %w", err, loginErr)
		}
	} else if err != nil {
		return nil, err
	}
	signedIn := &session{id: account.UserID, token: account.Token, published: map[string]bool{}}
	list, err := s.videos(ctx, signedIn)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		signedIn.published[v.Title] = signedIn.published[v.Title] || v.State != client.StateFailed
	}
	return signedIn, nil
}

// videos lists the user's own videos, in every state.
func (s *seeder) videos(ctx context.Context, user *session) ([]client.Video, error) {
	list, err := client.Accepted(s.api.PublishList(ctx, user.id, user.token, client.Page{}))
	return list.Videos, err
}

// upload publishes a file.
func (s *seeder) upload(ctx context.Context, author *session, title, file string) (err error) {
	content, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	_, err = client.Accepted(s.api.Publish(ctx, author.token, title, content))
	return err
}
