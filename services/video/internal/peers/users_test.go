package peers_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/video/internal/peers"
)

// userService implements GetProfiles without a network.
type userService struct {
	t     *testing.T
	known map[int64]bool
	err   error
}

func (u userService) Invoke(_ context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	if method != userv1.UserService_GetProfiles_FullMethodName {
		u.t.Errorf("called %s", method)
	}
	if u.err != nil {
		return u.err
	}
	request, response := args.(*userv1.GetProfilesRequest), reply.(*userv1.GetProfilesResponse)
	for _, id := range request.GetUserIds() {
		if u.known[id] {
			response.Profiles = append(response.Profiles, &userv1.Profile{Id: id})
		}
	}
	return nil
}

func (u userService) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("no streams here")
}

func TestExists(t *testing.T) {
	down := &errs.Error{Code: errs.Unavailable}
	tests := []struct {
		name string
		id   int64
		down error
		want bool
		code errs.Code
	}{
		{name: "Known", id: 7, want: true},
		{name: "Unknown", id: 8},
		{name: "Down", id: 7, down: down, code: errs.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			users := peers.NewUsers(userService{t: t, known: map[int64]bool{7: true}, err: tt.down})
			got, err := users.Exists(context.Background(), tt.id)
			if got != tt.want || (err != nil) != (tt.down != nil) {
				t.Fatalf("exists %t, %v; want %t", got, err, tt.want)
			}
			if err != nil && errs.CodeOf(err) != tt.code {
				t.Errorf("code %v, want %v", errs.CodeOf(err), tt.code)
			}
		})
	}
}
