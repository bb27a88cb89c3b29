package user

import "github.com/douyin-on-dapr/douyin/services/platform/errs"

// The errors of the service. Their reasons are part of the contract; the gateway
// translates them for the phone.
var (
	ErrNameInvalid      = errs.New(errs.Invalid, "NAME_INVALID", "the name must have 1 to 32 characters, not only blanks, and no control characters")
	ErrPasswordInvalid  = errs.New(errs.Invalid, "PASSWORD_INVALID", "the password must have 1 to 32 characters")
	ErrNameTaken        = errs.New(errs.Conflict, "NAME_TAKEN", "this name is taken")
	ErrWrongCredentials = errs.New(errs.Unauthenticated, "WRONG_CREDENTIALS", "wrong name or password")
	ErrBusy             = errs.New(errs.Exhausted, "BUSY", "too many people are logging in, please try again")
	ErrIDsInvalid       = errs.New(errs.Invalid, "IDS_INVALID", "at most 1000 user ids, each greater than 0")
)

// ErrUnknown is the error of a Store for a user that does not exist. It does not
// leave the service: a login hides it, and Profiles leaves the user out.
var ErrUnknown = errs.New(errs.NotFound, "USER_UNKNOWN", "there is no such user")
