package peers_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/peers"
)

// userService answers GetProfiles without a network and counts the calls.
type userService struct {
	known map[int64]bool
	err   error
	calls int
}

func (u *userService) Invoke(_ context.Context, _ string, args, reply any, _ ...grpc.CallOption) error {
	u.calls++
	request, response := args.(*userv1.GetProfilesRequest), reply.(*userv1.GetProfilesResponse)
	for _, id := range request.GetUserIds() {
		if u.known[id] {
			response.Profiles = append(response.Profiles, &userv1.Profile{Id: id})
		}
	}
	return u.err
}

func (u *userService) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("no streams here")
}

func TestOnlyExistingUsersAreCached(t *testing.T) {
	service := &userService{known: map[int64]bool{7: true}}
	users, err := peers.NewUsers(service)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(id int64, want bool, calls int) {
		t.Helper()
		if got, err := users.Exists(t.Context(), id); got != want || err != nil || service.calls != calls {
			t.Errorf("user %d exists: %t, %v, after %d calls; want %t after %d", id, got, err, service.calls, want, calls)
		}
	}
	ask(7, true, 1)
	ask(7, true, 1)
	ask(8, false, 2)
	ask(8, false, 3)
	service.known[8] = true // registered meanwhile
	ask(8, true, 4)
	service.err = &errs.Error{Code: errs.Unavailable}
	ask(8, true, 4)
	if _, err := users.Exists(t.Context(), 9); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("while the user service is down: %v", err)
	}
}
