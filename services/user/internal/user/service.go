package user

import (
	"context"
	"log/slog"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Profile is the public profile of a user. An empty URL means that the user has
// not set that picture.
type Profile struct {
	ID              int64
	Name            string // as registered
	Avatar          string // absolute URL or empty
	BackgroundImage string // absolute URL or empty
	Signature       string
	CreatedAt       time.Time // to the millisecond, UTC
}

// Session is one login on one device. Its id is not secret; a signed token proves
// the session.
type Session struct {
	ID        string // ULID
	UserID    int64
	CreatedAt time.Time // to the millisecond, UTC
}

// Registration holds everything that is stored for a new user.
type Registration struct {
	Profile Profile
	NameKey string // see NameKey
	Hash    string // result of Passwords.Hash
	Session Session
}

// Credential is the stored credential of a user.
type Credential struct {
	UserID int64
	Hash   string
}

// Store stores users, credentials and sessions. It does not retry a call whose
// outcome is unknown; the caller decides.
type Store interface {
	// Create writes the user, the credential and the session in one transaction.
	// It returns ErrNameTaken if the name key is taken.
	Create(ctx context.Context, r Registration) error
	// Credential reads the credential of a user by name key. It returns
	// ErrUnknown.
	Credential(ctx context.Context, nameKey string) (Credential, error)
	// AddSession writes a session of an existing user.
	AddSession(ctx context.Context, s Session) error
	// ReplaceHash replaces the hash if the credential is still the one that the
	// caller read. Otherwise it changes nothing and returns no error.
	ReplaceHash(ctx context.Context, read Credential, hash string) error
	// Profiles reads the profiles of distinct users, in any order. Unknown ids
	// are left out.
	Profiles(ctx context.Context, ids []int64) ([]Profile, error)
}

// Passwords hashes and verifies passwords. Hashing is expensive on purpose, so an
// implementation limits the concurrent hashes and returns ErrBusy above the limit.
type Passwords interface {
	Hash(ctx context.Context, password string) (string, error)
	// Verify reports whether the password matches the hash, and if so, whether
	// the hash has outdated parameters.
	Verify(ctx context.Context, password, hash string) (match, outdated bool, err error)
	// VerifyUnknown does the same work as a Verify without a match.
	VerifyUnknown(ctx context.Context, password string) error
}

// HotProfiles stores the hot documents of profiles.
type HotProfiles interface {
	// Load returns the document or, without one, stores and returns the result
	// of rebuild. If rebuild fails, it returns the error and stores nothing.
	Load(ctx context.Context, id int64, rebuild func(context.Context) (Profile, error)) (Profile, error)
}

// IDs generates unique user ids between 0 and 2^53, exclusive.
type IDs interface {
	Next() (int64, error)
}

// Ports are the dependencies of the service. Every field is required.
type Ports struct {
	Store     Store
	Passwords Passwords
	Hot       HotProfiles
	IDs       IDs
	SessionID func(now time.Time) (string, error) // returns a ULID
	Clock     func() time.Time
	Log       *slog.Logger
}

// Service implements the rules. It is safe for concurrent use.
type Service struct {
	Ports
}

// New returns a service.
func New(p Ports) *Service { return &Service{Ports: p} }

// LoginResult is the outcome of a registration or a login.
type LoginResult struct {
	UserID    int64
	SessionID string
}

// newSession returns a session that is not stored yet.
func (s *Service) newSession(userID int64, now time.Time) (Session, error) {
	id, err := s.SessionID(now)
	if err != nil {
		return Session{}, errs.Wrap("session id", err)
	}
	return Session{ID: id, UserID: userID, CreatedAt: now}, nil
}

// now returns the time with the precision of the rows.
func (s *Service) now() time.Time {
	return s.Clock().UTC().Truncate(time.Millisecond)
}
