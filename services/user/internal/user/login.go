package user

import (
	"context"
	"errors"
	"log/slog"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Login opens one more session; those of other devices live on. It refuses with
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

// authenticate finds the user that name and password belong to. A name or
// password that no user can have is refused before the store is asked: it tells
// nothing about who exists, and costs nothing.
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

// renewHash uses the moment in which the password is known to hash it with
// today's parameters. The login is right either way, so that a failure is only
// logged; the next login tries again.
func (s *Service) renewHash(ctx context.Context, read Credential, password string) {
	hash, err := s.Passwords.Hash(ctx, password)
	if err == nil {
		err = s.Store.ReplaceHash(ctx, read, hash)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "credential keeps its old parameters",
			slog.Int64("user_id", read.UserID), slog.Any("error", err))
	}
}
