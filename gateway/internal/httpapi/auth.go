package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var errTokenInvalid = errs.New(errs.Unauthenticated, "TOKEN_INVALID", "please log in first")

// identify fills in the viewer of a public endpoint. A token that opens nothing
// makes a guest: the client keeps its token for ever, has no way to renew it,
// and would show an error on every page otherwise.
func (x *exchange) identify() error {
	raw, err := x.params.text("token")
	if err != nil {
		// Named twice is refused; unreadable is just invalid.
		if errs.ReasonOf(err) == errParamDuplicate.Reason {
			return err
		}
		return nil
	}
	if raw == "" {
		return nil
	}
	if who, err := x.api.Tokens.Verify(raw); err == nil {
		x.viewer = who
	}
	return nil
}

// authenticate is for endpoints that need a user: missing and invalid tokens
// are refused.
func (x *exchange) authenticate(p params) (token.Identity, error) {
	raw, err := p.text("token")
	if err != nil {
		if errs.ReasonOf(err) == errParamDuplicate.Reason {
			return token.Identity{}, err
		}
		return token.Identity{}, errTokenInvalid.WithCause(err)
	}
	if raw == "" {
		return token.Identity{}, errTokenInvalid
	}
	who, err := x.api.Tokens.Verify(raw)
	if err != nil {
		return token.Identity{}, errTokenInvalid.WithCause(err)
	}
	return who, nil
}
