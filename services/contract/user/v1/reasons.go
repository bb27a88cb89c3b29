package userv1

// The reasons of the refusals of UserService. A reason keeps its meaning for
// ever: the gateway has a status code for each, and clients depend on those.
const (
	ReasonNameInvalid      = "NAME_INVALID"      // not a name that an account can have
	ReasonPasswordInvalid  = "PASSWORD_INVALID"  // not a password that an account can have
	ReasonNameTaken        = "NAME_TAKEN"        // another account has the name
	ReasonWrongCredentials = "WRONG_CREDENTIALS" // unknown name or wrong password, never said which
	ReasonUserUnknown      = "USER_UNKNOWN"      // there is no such user
	ReasonIDsInvalid       = "IDS_INVALID"       // an id, a cursor or their number is out of range
	ReasonBusy             = "BUSY"              // too many logins at once; try again
)

// Reasons lists the reasons of UserService.
func Reasons() []string {
	return []string{
		ReasonNameInvalid, ReasonPasswordInvalid, ReasonNameTaken, ReasonWrongCredentials,
		ReasonUserUnknown, ReasonIDsInvalid, ReasonBusy,
	}
}
