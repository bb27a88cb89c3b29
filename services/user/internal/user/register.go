package user

import (
	"context"
	"errors"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Register creates a user and opens the first session. It refuses with
// ErrNameInvalid, ErrPasswordInvalid, ErrNameTaken or ErrBusy.
//
// It must not be repeated blindly: when the answer to a first call was lost, a
// second one finds the name taken, and the caller may log in.
func (s *Service) Register(ctx context.Context, name, password string) (LoginResult, error) {
	const op = "user.Register"
	key, err := NameKey(name)
	if err != nil {
		return LoginResult{}, errs.Wrap(op, err)
	}
	password, err = normalizePassword(password)
	if err != nil {
		return LoginResult{}, errs.Wrap(op, err)
	}
	if err := s.refuseTaken(ctx, key); err != nil {
		return LoginResult{}, errs.Wrap(op, err)
	}
	hash, err := s.Passwords.Hash(ctx, password)
	if err != nil {
		return LoginResult{}, errs.Wrap(op, err)
	}
	id, err := s.IDs.Next()
	if err != nil {
		return LoginResult{}, errs.Wrap(op, err)
	}
	now := s.now()
	session, err := s.newSession(id, now)
	if err != nil {
		return LoginResult{}, errs.Wrap(op, err)
	}
	err = s.Store.Create(ctx, Registration{
		Profile: Profile{ID: id, Name: name, CreatedAt: now},
		NameKey: key,
		Hash:    hash,
		Session: session,
	})
	if err != nil {
		return LoginResult{}, errs.Wrap(op, err)
	}
	return LoginResult{UserID: id, SessionID: session.ID}, nil
}

// refuseTaken spares the hash for a name that is plainly in use: some clients
// register again at every start. Of two that come at once both pass here, and
// Store.Create decides.
func (s *Service) refuseTaken(ctx context.Context, key string) error {
	_, err := s.Store.Credential(ctx, key)
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	return ErrNameTaken
}
