package videov1

// Why a video has failed, as Video.failure_reason says it. A reason is never
// given a second meaning; clients show a sentence for each.
const (
	FailureUnreadable  = "VIDEO_UNREADABLE"   // damaged, cut off, or no video at all
	FailureNoPicture   = "VIDEO_NO_PICTURE"   // sound only
	FailureCodec       = "VIDEO_CODEC"        // coded in a way that is not taken
	FailureDimensions  = "VIDEO_DIMENSIONS"   // too few or too many pixels
	FailureTooLong     = "VIDEO_TOO_LONG"     // plays for too long
	FailureTooComplex  = "VIDEO_TOO_COMPLEX"  // takes too much time, memory or space to process
	FailureSourceLost  = "VIDEO_SOURCE_LOST"  // the uploaded bytes are not those that were stored
	FailureWorkersDied = "VIDEO_WORKERS_DIED" // no worker lived through it
)

// Failures lists every reason.
func Failures() []string {
	return []string{
		FailureUnreadable, FailureNoPicture, FailureCodec, FailureDimensions,
		FailureTooLong, FailureTooComplex, FailureSourceLost, FailureWorkersDied,
	}
}
