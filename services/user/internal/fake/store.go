// Package fake provides in-memory implementations of the ports of the domain.
// Store behaves like the real store; the suite in storetest runs on both.
package fake

import (
	"context"
	"fmt"
	"sync"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// Store is a user.Store in memory.
type Store struct {
	mu          sync.Mutex
	profiles    map[int64]user.Profile
	credentials map[string]user.Credential // by name key
	sessions    map[string]user.Session
	failure     error
}

var _ user.Store = (*Store)(nil)

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{
		profiles:    make(map[int64]user.Profile),
		credentials: make(map[string]user.Credential),
		sessions:    make(map[string]user.Session),
	}
}

// FailWith makes every later call return err, or work again if err is nil.
func (s *Store) FailWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
}

// Sessions counts the sessions of a user.
func (s *Store) Sessions(userID int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, session := range s.sessions {
		if session.UserID == userID {
			n++
		}
	}
	return n
}

// Users counts the users.
func (s *Store) Users() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.profiles)
}

// begin takes the lock, or returns the error with which the call has to fail.
func (s *Store) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return errs.Wrap("fake store", err)
	}
	s.mu.Lock()
	if s.failure != nil {
		defer s.mu.Unlock()
		return s.failure
	}
	return nil
}

// Create implements user.Store.
func (s *Store) Create(ctx context.Context, r user.Registration) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if _, taken := s.credentials[r.NameKey]; taken {
		return user.ErrNameTaken
	}
	if _, used := s.profiles[r.Profile.ID]; used {
		return fmt.Errorf("user id %d is in use", r.Profile.ID)
	}
	if _, used := s.sessions[r.Session.ID]; used {
		return fmt.Errorf("session id %s is in use", r.Session.ID)
	}
	s.profiles[r.Profile.ID] = r.Profile
	s.credentials[r.NameKey] = user.Credential{UserID: r.Profile.ID, Hash: r.Hash}
	s.sessions[r.Session.ID] = r.Session
	return nil
}

// Credential implements user.Store.
func (s *Store) Credential(ctx context.Context, nameKey string) (user.Credential, error) {
	if err := s.begin(ctx); err != nil {
		return user.Credential{}, err
	}
	defer s.mu.Unlock()
	credential, ok := s.credentials[nameKey]
	if !ok {
		return user.Credential{}, user.ErrUnknown
	}
	return credential, nil
}

// AddSession implements user.Store.
func (s *Store) AddSession(ctx context.Context, session user.Session) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if _, used := s.sessions[session.ID]; used {
		return fmt.Errorf("session id %s is in use", session.ID)
	}
	s.sessions[session.ID] = session
	return nil
}

// ReplaceHash implements user.Store.
func (s *Store) ReplaceHash(ctx context.Context, read user.Credential, hash string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for key, credential := range s.credentials {
		if credential == read {
			s.credentials[key] = user.Credential{UserID: read.UserID, Hash: hash}
		}
	}
	return nil
}

// Profiles implements user.Store.
func (s *Store) Profiles(ctx context.Context, ids []int64) ([]user.Profile, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var found []user.Profile
	for _, id := range ids {
		if profile, ok := s.profiles[id]; ok {
			found = append(found, profile)
		}
	}
	return found, nil
}
