package fake

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// Passwords is a user.Passwords that does not hash, but counts the hashes that the
// real one would have computed.
type Passwords struct {
	Generation string // part of every hash; changing it makes older hashes outdated

	work atomic.Int64
	busy atomic.Bool
}

var _ user.Passwords = (*Passwords)(nil)

// Work returns how many hashes the calls so far would have computed.
func (p *Passwords) Work() int64 { return p.work.Load() }

// SetBusy makes every later call return user.ErrBusy, or work again.
func (p *Passwords) SetBusy(busy bool) { p.busy.Store(busy) }

func (p *Passwords) derive() error {
	if p.busy.Load() {
		return user.ErrBusy
	}
	p.work.Add(1)
	return nil
}

// Hash implements user.Passwords.
func (p *Passwords) Hash(_ context.Context, password string) (string, error) {
	return p.Generation + "$" + password, p.derive()
}

// Verify implements user.Passwords.
func (p *Passwords) Verify(_ context.Context, password, hash string) (match, outdated bool, err error) {
	if err := p.derive(); err != nil {
		return false, false, err
	}
	generation, secret, _ := strings.Cut(hash, "$")
	if secret != password {
		return false, false, nil
	}
	return true, generation != p.Generation, nil
}

// VerifyUnknown implements user.Passwords.
func (p *Passwords) VerifyUnknown(context.Context, string) error { return p.derive() }

// HotProfiles is a user.HotProfiles in memory.
type HotProfiles struct {
	mu        sync.Mutex
	documents map[int64]user.Profile
}

var _ user.HotProfiles = (*HotProfiles)(nil)

// NewHotProfiles returns an empty HotProfiles.
func NewHotProfiles() *HotProfiles {
	return &HotProfiles{documents: make(map[int64]user.Profile)}
}

// Stored returns the number of stored documents.
func (h *HotProfiles) Stored() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.documents)
}

// Load implements user.HotProfiles.
func (h *HotProfiles) Load(ctx context.Context, id int64, rebuild func(context.Context) (user.Profile, error)) (user.Profile, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if profile, ok := h.documents[id]; ok {
		return profile, nil
	}
	profile, err := rebuild(ctx)
	if err != nil {
		return user.Profile{}, err
	}
	h.documents[id] = profile
	return profile, nil
}

// IDs counts up from 1.
type IDs struct{ last atomic.Int64 }

var _ user.IDs = (*IDs)(nil)

// Next implements user.IDs.
func (i *IDs) Next() (int64, error) { return i.last.Add(1), nil }
