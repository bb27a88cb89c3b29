package user_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/user/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// harness is a Service on fakes.
type harness struct {
	*user.Service
	store     *fake.Store
	passwords *fake.Passwords
	hot       *fake.HotProfiles
	log       *bytes.Buffer
	sessions  atomic.Int64
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.FixedZone("", 8*3600))

func newHarness() *harness {
	h := &harness{store: fake.NewStore(), passwords: &fake.Passwords{Generation: "v1"}, hot: fake.NewHotProfiles(), log: &bytes.Buffer{}}
	h.Service = h.serviceOn(h.store)
	return h
}

// serviceOn returns the service on another store.
func (h *harness) serviceOn(store user.Store) *user.Service {
	return user.New(user.Ports{
		Store:     store,
		Passwords: h.passwords,
		Hot:       h.hot,
		IDs:       &fake.IDs{},
		SessionID: func(time.Time) (string, error) { return fmt.Sprintf("session-%d", h.sessions.Add(1)), nil },
		Clock:     func() time.Time { return now },
		Log:       slog.New(slog.NewTextHandler(h.log, nil)),
	})
}

func (h *harness) mustRegister(t *testing.T, name, password string) user.LoginResult {
	t.Helper()
	result, err := h.Register(t.Context(), name, password)
	if err != nil {
		t.Fatalf("Register(%q): %v", name, err)
	}
	return result
}
