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

// world is a Service on fakes.
type world struct {
	*user.Service
	store     *fake.Store
	passwords *fake.Passwords
	hot       *fake.HotProfiles
	log       *bytes.Buffer
	sessions  atomic.Int64
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.FixedZone("", 8*3600))

func newWorld() *world {
	w := &world{store: fake.NewStore(), passwords: &fake.Passwords{Generation: "v1"}, hot: fake.NewHotProfiles(), log: &bytes.Buffer{}}
	w.Service = w.serviceOn(w.store)
	return w
}

// serviceOn makes the service with another store.
func (w *world) serviceOn(store user.Store) *user.Service {
	return user.New(user.Ports{
		Store:     store,
		Passwords: w.passwords,
		Hot:       w.hot,
		IDs:       &fake.IDs{},
		SessionID: func(time.Time) (string, error) { return fmt.Sprintf("session-%d", w.sessions.Add(1)), nil },
		Clock:     func() time.Time { return now },
		Log:       slog.New(slog.NewTextHandler(w.log, nil)),
	})
}

func (w *world) mustRegister(t *testing.T, name, password string) user.Opened {
	t.Helper()
	opened, err := w.Register(t.Context(), name, password)
	if err != nil {
		t.Fatalf("Register(%q): %v", name, err)
	}
	return opened
}
