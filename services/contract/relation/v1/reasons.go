package relationv1

// The reasons of the refusals of RelationService. A reason keeps its meaning
// for ever: the gateway has a status code for each, and clients depend on
// those.
const (
	ReasonSelfFollow    = "SELF_FOLLOW"    // users cannot follow themselves
	ReasonUserUnknown   = "USER_UNKNOWN"   // there is no such user
	ReasonIDInvalid     = "ID_INVALID"     // an id is out of range
	ReasonTooManyIDs    = "TOO_MANY_IDS"   // more ids than one request may name
	ReasonCursorInvalid = "CURSOR_INVALID" // not a cursor of this list
)

// Reasons lists the reasons of RelationService.
func Reasons() []string {
	return []string{ReasonSelfFollow, ReasonUserUnknown, ReasonIDInvalid, ReasonTooManyIDs, ReasonCursorInvalid}
}
