package hot_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/user/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
	"github.com/douyin-on-dapr/douyin/services/user/internal/wire"
)

// states is a state store in memory.
type states struct {
	mu     sync.Mutex
	values map[string][]byte
	ttls   map[string]time.Duration
	down   bool
}

var _ hotstate.States = (*states)(nil)

func newStates() *states {
	return &states{values: map[string][]byte{}, ttls: map[string]time.Duration{}}
}

func (s *states) begin() error {
	s.mu.Lock()
	if s.down {
		defer s.mu.Unlock()
		return errors.New("redis is down")
	}
	return nil
}

func (s *states) Get(_ context.Context, key string) ([]byte, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.values[key], nil
}

func (s *states) GetMany(ctx context.Context, keys []string) (map[string][]byte, error) {
	found := map[string][]byte{}
	for _, key := range keys {
		value, err := s.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		found[key] = value
	}
	return found, nil
}

func (s *states) CreateAll(_ context.Context, entries map[string][]byte, ttl time.Duration) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for key, value := range entries {
		if s.values[key] == nil {
			s.values[key], s.ttls[key] = value, ttl
		}
	}
	return nil
}

func (s *states) PutAll(_ context.Context, entries map[string][]byte, ttl time.Duration) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for key, value := range entries {
		s.values[key], s.ttls[key] = value, ttl
	}
	return nil
}

var amy = user.Profile{ID: 42, Name: "Amy", CreatedAt: time.UnixMilli(1_772_366_400_123).UTC()}

// load asks for amy and counts the rebuilds.
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

func profilesOn(s *states) *hot.Profiles {
	return hot.NewProfiles(hotstate.New(s, slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))))
}

func TestLoadStoresTheDocumentOfTheContract(t *testing.T) {
	s := newStates()
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
	var entry hotv1.Entry
	var document hotv1.UserProfile
	if err := proto.Unmarshal(s.values["user:42"], &entry); err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(entry.GetDocument(), &document); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(document.GetProfile(), wire.FromProfile(amy)) {
		t.Errorf("document %v", &document)
	}
	if s.ttls["user:42"] != hotv1.UserProfileTTL {
		t.Errorf("lives for %v, want %v", s.ttls["user:42"], hotv1.UserProfileTTL)
	}
}

func TestLoadAnswersWhileTheStateStoreIsDown(t *testing.T) {
	s := newStates()
	s.down = true
	rebuilds := 0
	if got := load(t, profilesOn(s), &rebuilds); got != amy || rebuilds != 1 {
		t.Errorf("got %+v after %d rebuilds", got, rebuilds)
	}
}

func TestLoadStoresNoFailure(t *testing.T) {
	s := newStates()
	for _, failure := range []error{user.ErrUnknown, &errs.Error{Code: errs.Unavailable}} {
		_, err := profilesOn(s).Load(t.Context(), 42, func(context.Context) (user.Profile, error) { return user.Profile{}, failure })
		if errs.CodeOf(err) != errs.CodeOf(failure) {
			t.Errorf("%v, want %v", err, failure)
		}
	}
	if len(s.values) != 0 {
		t.Errorf("stored %v", s.values)
	}
}
