package request

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// ErrTokenInvalid refuses a request that needs a user and has no valid token.
var ErrTokenInvalid = errs.New(errs.Unauthenticated, "TOKEN_INVALID", "please log in first")

// Verifier checks tokens.
type Verifier interface {
	Verify(raw string) (token.Identity, error)
}

var _ Verifier = (*token.Issuer)(nil)

// identify returns the viewer of a public endpoint. An invalid token makes a
// guest: the client keeps its token for ever, cannot renew it, and would show an
// error on every page otherwise.
func identify(tokens Verifier, p Params) (token.Identity, error) {
	who, err := authenticate(tokens, p)
	if errs.ReasonOf(err) == ErrTokenInvalid.Reason {
		return token.Identity{}, nil
	}
	return who, err
}

// authenticate returns the user whom the token names. It refuses a missing, an
// invalid and a duplicate token.
func authenticate(tokens Verifier, p Params) (token.Identity, error) {
	raw, err := p.Text("token")
	switch {
	case errs.ReasonOf(err) == ErrParamDuplicate.Reason:
		return token.Identity{}, err
	case err != nil:
		return token.Identity{}, ErrTokenInvalid.WithCause(err)
	case raw == "":
		return token.Identity{}, ErrTokenInvalid
	}
	who, err := tokens.Verify(raw)
	if err != nil {
		return token.Identity{}, ErrTokenInvalid.WithCause(err)
	}
	return who, nil
}
