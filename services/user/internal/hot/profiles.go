// Package hot keeps the hot documents that the user service owns.
package hot

import (
	"context"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
	"github.com/douyin-on-dapr/douyin/services/user/internal/wire"
)

// Profiles keeps UserProfile documents and implements user.HotProfiles.
type Profiles struct {
	documents hotstate.Document[*hotv1.UserProfile]
}

var _ user.HotProfiles = (*Profiles)(nil)

// NewProfiles makes Profiles on the program's hot state.
func NewProfiles(store *hotstate.Store) *Profiles {
	return &Profiles{documents: hotstate.For[*hotv1.UserProfile](store, hotv1.UserProfileTTL)}
}

// Load implements user.HotProfiles. Callers that ask for one user at once share
// one rebuild.
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
