package hot_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate/hotstatetest"
	"github.com/douyin-on-dapr/douyin/services/user/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
	"github.com/douyin-on-dapr/douyin/services/user/internal/wire"
)

var amy = user.Profile{ID: 42, Name: "Amy", CreatedAt: time.UnixMilli(1_772_366_400_123).UTC()}

// load loads the profile of amy and counts the rebuilds.
func load(t *testing.T, p *hot.Profiles, rebuilds *int) user.Profile {
	t.Helper()
	got, err := p.Load(t.Context(), amy.ID, func(context.Context) (user.Profile, error) {
		*rebuilds++
		return amy, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func profilesOn(s *hotstatetest.States) *hot.Profiles {
	return hot.NewProfiles(hotstate.New(s, slog.New(slog.DiscardHandler)))
}

func TestLoadStoresTheDocumentOfTheContract(t *testing.T) {
	s := hotstatetest.New()
	p := profilesOn(s)
	rebuilds := 0
	for range 3 {
		if got := load(t, p, &rebuilds); got != amy {
			t.Errorf("got %+v", got)
		}
	}
	if rebuilds != 1 {
		t.Errorf("%d rebuilds, want 1", rebuilds)
	}
	var document hotv1.UserProfile
	ttl := s.Document(t, "user:42", &document)
	if !proto.Equal(document.GetProfile(), wire.FromProfile(amy)) {
		t.Errorf("document %v", &document)
	}
	if ttl != hotv1.UserProfileTTL {
		t.Errorf("stored for %v, want %v", ttl, hotv1.UserProfileTTL)
	}
}

func TestLoadRebuildsWhileTheStateStoreIsDown(t *testing.T) {
	s := hotstatetest.New()
	s.SetDown(true)
	rebuilds := 0
	if got := load(t, profilesOn(s), &rebuilds); got != amy || rebuilds != 1 {
		t.Errorf("got %+v after %d rebuilds", got, rebuilds)
	}
}

func TestLoadDoesNotStoreFailures(t *testing.T) {
	s := hotstatetest.New()
	for _, failure := range []error{user.ErrUnknown, &errs.Error{Code: errs.Unavailable}} {
		_, err := profilesOn(s).Load(t.Context(), 42, func(context.Context) (user.Profile, error) { return user.Profile{}, failure })
		if errs.CodeOf(err) != errs.CodeOf(failure) {
			t.Errorf("%v, want %v", err, failure)
		}
	}
	if n := s.Keys(); n != 0 {
		t.Errorf("%d keys were stored", n)
	}
}
