// Package password implements user.Passwords with argon2id. A hash is a PHC string
// that contains its parameters, so that they can change without new passwords.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// Params are the cost parameters of a hash.
type Params struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// Recommended returns the smallest argon2id parameters that OWASP recommends for
// logins.
func Recommended() Params { return Params{MemoryKiB: 19 * 1024, Passes: 2, Lanes: 1} }

// Options bounds the work of a Hasher. Every field is required.
type Options struct {
	Params     Params
	Concurrent int           // concurrent hashes; each uses Params.MemoryKiB
	Queue      int           // callers that may wait for a slot
	Wait       time.Duration // longest wait for a slot
}

const (
	saltBytes = 16
	keyBytes  = 32
)

// derive is argon2.IDKey with the parameters in one value.
type derive func(password string, salt []byte, p Params, keyLength uint32) []byte

// Hasher hashes and verifies passwords. It is safe for concurrent use.
type Hasher struct {
	params  Params
	limiter *limiter
	derive  derive
}

var _ user.Passwords = (*Hasher)(nil)

// New returns a Hasher.
func New(o Options) *Hasher { return newHasher(o, argon2id) }

func newHasher(o Options, d derive) *Hasher {
	return &Hasher{params: o.Params, limiter: newLimiter(o.Concurrent, o.Queue, o.Wait), derive: d}
}

func argon2id(password string, salt []byte, p Params, keyLength uint32) []byte {
	return argon2.IDKey([]byte(password), salt, p.Passes, p.MemoryKiB, p.Lanes, keyLength)
}

// Hash returns a PHC string with a random salt. It returns user.ErrBusy without a
// free slot.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", errs.Wrap("password.Hash", err)
	}
	key, err := h.run(ctx, password, salt, h.params, keyBytes)
	if err != nil {
		return "", errs.Wrap("password.Hash", err)
	}
	return encode(record{params: h.params, salt: salt, key: key}), nil
}

// Verify compares in constant time. It returns user.ErrBusy without a free slot.
func (h *Hasher) Verify(ctx context.Context, password, hash string) (match, outdated bool, err error) {
	const op = "password.Verify"
	want, err := decode(hash)
	if err != nil {
		return false, false, errs.Wrap(op, err)
	}
	got, err := h.run(ctx, password, want.salt, want.params, uint32(len(want.key)))
	if err != nil {
		return false, false, errs.Wrap(op, err)
	}
	if subtle.ConstantTimeCompare(got, want.key) != 1 {
		return false, false, nil
	}
	current := want.params == h.params && len(want.salt) == saltBytes && len(want.key) == keyBytes
	return true, !current, nil
}

// VerifyUnknown derives a key and discards it, so that a login with an unknown
// name needs a slot and takes as long as one with a wrong password.
func (h *Hasher) VerifyUnknown(ctx context.Context, password string) error {
	_, err := h.run(ctx, password, make([]byte, saltBytes), h.params, keyBytes)
	return errs.Wrap("password.VerifyUnknown", err)
}

// run is the only caller of derive. The context can end the wait for a slot, but
// cannot interrupt a hash.
func (h *Hasher) run(ctx context.Context, password string, salt []byte, p Params, keyLength uint32) ([]byte, error) {
	if err := h.limiter.acquire(ctx); err != nil {
		return nil, err
	}
	defer h.limiter.release()
	return h.derive(password, salt, p, keyLength), nil
}
