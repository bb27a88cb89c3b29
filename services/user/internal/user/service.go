package user

import (
	"context"
	"log/slog"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Profile is what anybody may know of a user. An empty picture means that the
// user has none of their own.
type Profile struct {
	ID              int64
	Name            string // as registered
	Avatar          string // absolute URL or empty
	BackgroundImage string // absolute URL or empty
	Signature       string
	CreatedAt       time.Time // to the millisecond, UTC
}

// Session is one login on one device. Its id is no secret: a token proves it.
type Session struct {
	ID        string // ULID
	UserID    int64
	CreatedAt time.Time // to the millisecond, UTC
}

// Registration is all that a new user consists of.
type Registration struct {
	Profile Profile
	NameKey string // see NameKey
	Hash    string // as Passwords made it
	Session Session
}

// Credential is what a login is checked against.
type Credential struct {
	UserID int64
	Hash   string
}

// Store keeps users, credentials and sessions. It does not retry what the
// caller would have to decide about.
type Store interface {
	// Create writes the user, the credential and the session, or nothing. It
	// answers ErrNameTaken when the name key is in use.
	Create(ctx context.Context, r Registration) error
	// Credential finds a user by name key, or answers ErrUnknown.
	Credential(ctx context.Context, nameKey string) (Credential, error)
	// AddSession writes a session of an existing user.
	AddSession(ctx context.Context, s Session) error
	// ReplaceHash changes a credential that is still what the caller read;
	// changed in between, it is left alone without an error.
	ReplaceHash(ctx context.Context, read Credential, hash string) error
	// Profiles finds those of the users that exist, in any order. The ids are
	// distinct.
	Profiles(ctx context.Context, ids []int64) ([]Profile, error)
}

// Passwords hashes. Hashing is dear on purpose, so that an implementation bounds
// how much of it runs at once and answers ErrBusy past that.
type Passwords interface {
	Hash(ctx context.Context, password string) (string, error)
	// Verify reports whether the password belongs to the hash, and if so
	// whether the hash was made with parameters that are no longer in use.
	Verify(ctx context.Context, password, hash string) (match, outdated bool, err error)
	// VerifyUnknown does the work of a Verify that does not match.
	VerifyUnknown(ctx context.Context, password string) error
}

// HotProfiles keeps the hot document of a profile.
type HotProfiles interface {
	// Load answers from the document or else from rebuild, which it stores.
	// An error of rebuild is returned and nothing is stored.
	Load(ctx context.Context, id int64, rebuild func(context.Context) (Profile, error)) (Profile, error)
}

// IDs makes user ids: above 0, below 2^53, never twice.
type IDs interface {
	Next() (int64, error)
}

// Ports is all that the service needs; every field is required.
type Ports struct {
	Store     Store
	Passwords Passwords
	Hot       HotProfiles
	IDs       IDs
	SessionID func(now time.Time) (string, error) // makes a ULID
	Clock     func() time.Time
	Log       *slog.Logger
}

// Service knows the rules. It is safe for concurrent use.
type Service struct {
	Ports
}

// New makes the service.
func New(p Ports) *Service { return &Service{Ports: p} }

// LoginResult is the outcome of a registration or a login.
type LoginResult struct {
	UserID    int64
	SessionID string
}

// newSession makes a session that is not stored yet.
func (s *Service) newSession(userID int64, now time.Time) (Session, error) {
	id, err := s.SessionID(now)
	if err != nil {
		return Session{}, errs.Wrap("session id", err)
	}
	return Session{ID: id, UserID: userID, CreatedAt: now}, nil
}

// now is the time as rows can hold it.
func (s *Service) now() time.Time {
	return s.Clock().UTC().Truncate(time.Millisecond)
}
