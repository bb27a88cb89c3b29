package request

// Row returns the code and the sentences of a refusal.
func Row(err error) (code int32, zh, en string) {
	a := answerTo(err)
	return a.code, a.zh, a.en
}

// Failure returns the sentences for the reason of a failed video.
func Failure(reason string) (zh, en string) {
	s := failure(reason)
	return s.zh, s.en
}

// HasReason reports whether the response table knows a reason.
func HasReason(reason string) bool { _, ok := byReason(reason); return ok }
