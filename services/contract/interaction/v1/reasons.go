package interactionv1

// The reasons of the refusals of InteractionService. A reason keeps its meaning
// for ever: the gateway has a status code for each, and clients depend on
// those.
const (
	ReasonVideoUnknown     = "VIDEO_UNKNOWN"      // there is no such video
	ReasonCommentInvalid   = "COMMENT_INVALID"    // not a text that a comment can have
	ReasonCommentUnknown   = "COMMENT_UNKNOWN"    // no such comment on this video
	ReasonNotCommentOwner  = "COMMENT_FOREIGN"    // another user wrote the comment
	ReasonRequestIDInvalid = "REQUEST_ID_INVALID" // not a request id, or one used for another comment
	ReasonIDInvalid        = "ID_INVALID"         // an id is out of range
	ReasonTooManyIDs       = "TOO_MANY_IDS"       // more ids than one request may name
	ReasonCursorInvalid    = "CURSOR_INVALID"     // not a cursor of this list
)

// Reasons lists the reasons of InteractionService.
func Reasons() []string {
	return []string{
		ReasonVideoUnknown, ReasonCommentInvalid, ReasonCommentUnknown, ReasonNotCommentOwner,
		ReasonRequestIDInvalid, ReasonIDInvalid, ReasonTooManyIDs, ReasonCursorInvalid,
	}
}
