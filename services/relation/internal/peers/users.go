// Package peers calls other services through the sidecar.
package peers

import (
	"context"
	"fmt"

	"github.com/maypok86/otter/v2"
	"google.golang.org/grpc"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// knownUsers is the size of the cache in users, a few MiB.
const knownUsers = 100_000

// Users implements relation.Users. It caches existing users, because users are
// never deleted. It does not cache unknown ids, because that user may register at
// any time.
type Users struct {
	client userv1.UserServiceClient
	known  *otter.Cache[int64, struct{}]
}

var _ relation.Users = (*Users)(nil)

// NewUsers calls the user service over conn.
func NewUsers(conn grpc.ClientConnInterface) (*Users, error) {
	known, err := otter.New(&otter.Options[int64, struct{}]{MaximumSize: knownUsers})
	if err != nil {
		return nil, fmt.Errorf("cache of known users: %w", err)
	}
	return &Users{client: userv1.NewUserServiceClient(conn), known: known}, nil
}

// Exists implements relation.Users.
func (u *Users) Exists(ctx context.Context, userID int64) (bool, error) {
	if _, known := u.known.GetIfPresent(userID); known {
		return true, nil
	}
	response, err := u.client.GetProfiles(ctx, &userv1.GetProfilesRequest{UserIds: []int64{userID}})
	if err != nil {
		return false, err
	}
	if len(response.GetProfiles()) == 0 {
		return false, nil
	}
	u.known.Set(userID, struct{}{})
	return true, nil
}
