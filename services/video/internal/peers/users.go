// Package peers calls other services, behind interfaces of the domain package.
package peers

import (
	"context"

	"google.golang.org/grpc"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// Users looks up users in the user service.
type Users struct {
	client userv1.UserServiceClient
}

var _ video.Authors = (*Users)(nil)

// NewUsers returns Users on a connection to the user service.
func NewUsers(conn grpc.ClientConnInterface) *Users {
	return &Users{client: userv1.NewUserServiceClient(conn)}
}

// Exists implements video.Authors. It returns the error of the call, Unavailable if
// the user service or a sidecar is down.
func (u *Users) Exists(ctx context.Context, userID int64) (bool, error) {
	response, err := u.client.GetProfiles(ctx, &userv1.GetProfilesRequest{UserIds: []int64{userID}})
	if err != nil {
		return false, errs.Wrap("peers.Users.Exists", err)
	}
	for _, profile := range response.GetProfiles() {
		if profile.GetId() == userID {
			return true, nil
		}
	}
	return false, nil
}
