package user

import (
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// The errors of the service. Their reasons are part of the contract; the gateway
// translates them for the phone.
var (
	ErrNameInvalid      = errs.New(errs.Invalid, userv1.ReasonNameInvalid, "the name must have 1 to 32 characters, not only blanks, and no control characters")
	ErrPasswordInvalid  = errs.New(errs.Invalid, userv1.ReasonPasswordInvalid, "the password must have 1 to 32 characters")
	ErrNameTaken        = errs.New(errs.Conflict, userv1.ReasonNameTaken, "this name is taken")
	ErrWrongCredentials = errs.New(errs.Unauthenticated, userv1.ReasonWrongCredentials, "wrong name or password")
	ErrBusy             = errs.New(errs.Exhausted, userv1.ReasonBusy, "too many people are logging in, please try again")
	ErrIDsInvalid       = errs.New(errs.Invalid, userv1.ReasonIDsInvalid, "at most 1000 user ids, each greater than 0")
)

// ErrUnknown is the error of a Store for a user that does not exist. It does not
// leave the service: a login hides it, and Profiles leaves the user out.
var ErrUnknown = errs.New(errs.NotFound, userv1.ReasonUserUnknown, "there is no such user")
