package user

import (
	"context"
	"errors"
	"log/slog"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Login creates a session. Sessions on other devices continue. It returns
// ErrWrongCredentials or ErrBusy.
func (s *Service) Login(ctx context.Context, name, password string) (LoginResult, error) {
	const op = "user.Login"
	credential, err := s.authenticate(ctx, name, password)
	if err != nil {
		return LoginResult{}, errs.Wrap(op, err)
	}
	session, err := s.newSession(credential.UserID, s.now())
	if err != nil {
		return LoginResult{}, errs.Wrap(op, err)
	}
	if err := s.Store.AddSession(ctx, session); err != nil {
		return LoginResult{}, errs.Wrap(op, err)
	}
	return LoginResult{UserID: credential.UserID, SessionID: session.ID}, nil
}

// authenticate returns the credential of the user with this name and password. A
// name or password that no user can have is refused without a query or a hash,
// because that reveals nothing about existing users.
func (s *Service) authenticate(ctx context.Context, name, password string) (Credential, error) {
	key, err := NameKey(name)
	if err != nil {
		return Credential{}, ErrWrongCredentials
	}
	password, err = normalizePassword(password)
	if err != nil {
		return Credential{}, ErrWrongCredentials
	}
	credential, err := s.Store.Credential(ctx, key)
	if errors.Is(err, ErrUnknown) {
		if err := s.Passwords.VerifyUnknown(ctx, password); err != nil {
			return Credential{}, err
		}
		return Credential{}, ErrWrongCredentials
	}
	if err != nil {
		return Credential{}, err
	}
	match, outdated, err := s.Passwords.Verify(ctx, password, credential.Hash)
	if err != nil {
		return Credential{}, err
	}
	if !match {
		return Credential{}, ErrWrongCredentials
	}
	if outdated {
		s.renewHash(ctx, credential, password)
	}
	return credential, nil
}

// renewHash hashes the password, which is known during a login, with the current
// parameters. A failure does not fail the login: it is logged, and the next login
// tries again.
func (s *Service) renewHash(ctx context.Context, read Credential, password string) {
	hash, err := s.Passwords.Hash(ctx, password)
	if err == nil {
		err = s.Store.ReplaceHash(ctx, read, hash)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "hash renewal failed",
			slog.Int64("user_id", read.UserID), slog.Any("error", err))
	}
}
