package chatv1

// The reasons of the refusals of ChatService. A reason keeps its meaning for
// ever: the gateway has a status code for each, and clients depend on those.
const (
	ReasonMessageInvalid   = "MESSAGE_INVALID"    // not a text that a message can have
	ReasonUserUnknown      = "USER_UNKNOWN"       // there is no such peer
	ReasonSelfMessage      = "SELF_MESSAGE"       // users cannot write to themselves
	ReasonNotFriends       = "NOT_FRIENDS"        // policy friends: the two do not follow each other
	ReasonRequestIDInvalid = "REQUEST_ID_INVALID" // not a request id
	ReasonRequestIDReused  = "REQUEST_ID_REUSED"  // the sender used the request id for another text
	ReasonIDInvalid        = "ID_INVALID"         // an id or a session is out of range
	ReasonTooManyIDs       = "TOO_MANY_IDS"       // more ids than one request may name
)

// Reasons lists the reasons of ChatService.
func Reasons() []string {
	return []string{
		ReasonMessageInvalid, ReasonUserUnknown, ReasonSelfMessage, ReasonNotFriends,
		ReasonRequestIDInvalid, ReasonRequestIDReused, ReasonIDInvalid, ReasonTooManyIDs,
	}
}
