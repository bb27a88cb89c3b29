package token

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	issuer   = "douyin"
	audience = "douyin-client"

	// The phone has no way to renew a token and no reaction to its end.
	lifetime = 90 * 24 * time.Hour

	// Gateways on several machines disagree a little about the time.
	leeway = time.Minute

	// The tokens of this package have about 300 bytes; longer ones are not decoded.
	maxLength = 2048
)

// ErrInvalid says that a token opens nothing. Why is in the text, for the log.
var ErrInvalid = errors.New("invalid token")

// Identity is what a token proves. Its zero value is a guest.
type Identity struct {
	UserID    int64
	SessionID string // ULID; names the session to a later revocation
}

// Known reports whether the identity is that of a user.
func (i Identity) Known() bool { return i.UserID > 0 }

// Issuer signs and verifies. It is safe for concurrent use.
type Issuer struct {
	keys   Keys
	clock  func() time.Time
	parser *jwt.Parser
}

// New returns an issuer that reads the time from clock. It does not check when a
// token was issued: a token of a gateway whose clock is ahead is valid everywhere.
func New(keys Keys, clock func() time.Time) *Issuer {
	return &Issuer{keys: keys, clock: clock, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(clock),
		jwt.WithStrictDecoding(),
	)}
}

// Sign makes the token of a session.
func (i *Issuer) Sign(who Identity) (string, error) {
	if !who.Known() || who.SessionID == "" {
		return "", errors.New("token.Sign: no user or no session")
	}
	now := i.clock()
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer:   issuer,
		Audience: jwt.ClaimStrings{audience},
		// A string: JSON numbers lose digits above 2^53 in many readers.
		Subject:   strconv.FormatInt(who.UserID, 10),
		ID:        who.SessionID,
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
	})
	t.Header["kid"] = i.keys.current
	signed, err := t.SignedString(i.keys.byID[i.keys.current])
	if err != nil {
		return "", fmt.Errorf("token.Sign: %w", err)
	}
	return signed, nil
}

// Verify returns whose token it is. Any fault is ErrInvalid.
func (i *Issuer) Verify(raw string) (Identity, error) {
	if raw == "" || len(raw) > maxLength {
		return Identity{}, fmt.Errorf("%w: empty or too long", ErrInvalid)
	}
	var claims jwt.RegisteredClaims
	if _, err := i.parser.ParseWithClaims(raw, &claims, i.key); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	id, err := strconv.ParseInt(claims.Subject, 10, 64)
	if err != nil || id <= 0 || claims.ID == "" {
		return Identity{}, fmt.Errorf("%w: subject or id", ErrInvalid)
	}
	return Identity{UserID: id, SessionID: claims.ID}, nil
}

// key picks the key that the header names. The algorithm was checked before.
func (i *Issuer) key(t *jwt.Token) (any, error) {
	id, ok := t.Header["kid"].(string)
	if !ok {
		return nil, errors.New("no key id")
	}
	key, ok := i.keys.byID[id]
	if !ok {
		return nil, errors.New("unknown key id")
	}
	return key, nil
}
