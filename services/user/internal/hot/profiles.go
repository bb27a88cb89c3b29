// Package hot stores the hot documents of users in the state store.
package hot

import (
	"context"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
	"github.com/douyin-on-dapr/douyin/services/user/internal/wire"
)

// Profiles stores UserProfile documents. It implements user.HotProfiles.
type Profiles struct {
	documents hotstate.Document[*hotv1.UserProfile]
}

var _ user.HotProfiles = (*Profiles)(nil)

// NewProfiles returns the documents of a store.
func NewProfiles(store *hotstate.Store) *Profiles {
	return &Profiles{documents: hotstate.For[*hotv1.UserProfile](store, hotv1.UserProfileTTL)}
}

// Load implements user.HotProfiles. Concurrent callers for the same user share a
// rebuild.
func (p *Profiles) Load(ctx context.Context, id int64, rebuild func(context.Context) (user.Profile, error)) (user.Profile, error) {
	document, err := p.documents.Load(ctx, hotv1.UserProfileKey(id), func(ctx context.Context) (*hotv1.UserProfile, error) {
		profile, err := rebuild(ctx)
		if err != nil {
			return nil, err
		}
		return &hotv1.UserProfile{Profile: wire.FromProfile(profile)}, nil
	})
	if err != nil {
		return user.Profile{}, err
	}
	return wire.ToProfile(document.GetProfile()), nil
}
