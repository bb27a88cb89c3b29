package user

import (
	"context"
	"errors"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Register creates a user and the first session. It returns ErrNameInvalid,
// ErrPasswordInvalid, ErrNameTaken or ErrBusy.
//
// It is not idempotent: if the answer of the first call was lost, a second call
// returns ErrNameTaken, and the caller can log in.
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

// refuseTaken saves the hash for a name that is already taken, because some
// clients register at every start. Two concurrent calls both pass this check;
// Store.Create decides between them.
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
