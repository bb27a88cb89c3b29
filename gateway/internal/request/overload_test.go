package request_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

// stalled holds every login until it is released.
type stalled struct {
	httpapi.Accounts
	entered, release chan struct{}
}

func (s stalled) Login(ctx context.Context, in *userv1.LoginRequest, opts ...grpc.CallOption) (*userv1.LoginResponse, error) {
	s.entered <- struct{}{}
	<-s.release
	return s.Accounts.Login(ctx, in, opts...)
}

// A request beyond the slots is refused at once. Uploads do not need a slot, and a
// slot is free again after the answer.
func TestRequestsWithoutASlotAreRefused(t *testing.T) {
	logins := stalled{entered: make(chan struct{}), release: make(chan struct{})}
	h := apitest.New(t, func(d *httpapi.Deps, _ *upload.Limits) {
		d.Pipeline.Slots = semaphore.NewWeighted(1)
		logins.Accounts = d.Accounts
		d.Accounts = logins
	})
	amy := h.Users.Add("amy", "x")
	served := make(chan []byte)
	go func() {
		served <- h.Send(t, http.MethodPost, "/douyin/user/login/", url.Values{"username": {"amy"}, "password": {"x"}}, "", nil)
	}()
	<-logins.entered
	apitest.WantCode(t, "feed", h.Get(t, "/douyin/feed/", nil), 5003)
	apitest.WantCode(t, "an unknown endpoint", h.Get(t, "/douyin/nothing/", nil), 5003)
	apitest.WantCode(t, "upload", h.Upload(t, nil, apitest.Field("token", h.TokenOf(t, amy)), apitest.Field("title", "cat"), apitest.File(apitest.Movie(100))), 0)
	logins.release <- struct{}{}
	apitest.WantCode(t, "login", <-served, 0)
	apitest.WantCode(t, "feed afterwards", h.Get(t, "/douyin/feed/", nil), 0)
}
