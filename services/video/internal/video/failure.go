package video

// Why a video has failed, as the contract names it. All but the last are what
// a worker says.
const (
	FailureUnreadable  = "VIDEO_UNREADABLE"
	FailureNoPicture   = "VIDEO_NO_PICTURE"
	FailureCodec       = "VIDEO_CODEC"
	FailureDimensions  = "VIDEO_DIMENSIONS"
	FailureTooLong     = "VIDEO_TOO_LONG"
	FailureTooComplex  = "VIDEO_TOO_COMPLEX"
	FailureSourceLost  = "VIDEO_SOURCE_LOST"
	FailureWorkersDied = "VIDEO_WORKERS_DIED"
)

// Failures lists every reason.
func Failures() []string {
	return []string{
		FailureUnreadable, FailureNoPicture, FailureCodec, FailureDimensions,
		FailureTooLong, FailureTooComplex, FailureSourceLost, FailureWorkersDied,
	}
}
