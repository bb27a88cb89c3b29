package videov1

// The reasons of the refusals of VideoService. A reason keeps its meaning for
// ever: the gateway has a status code for each, and clients depend on those.
const (
	ReasonRequestInvalid  = "REQUEST_INVALID"  // an id, a size or a limit is out of range
	ReasonUserUnknown     = "USER_UNKNOWN"     // there is no such author
	ReasonTitleInvalid    = "TITLE_INVALID"    // not a title that a video can have
	ReasonVideoEmpty      = "VIDEO_EMPTY"      // the upload has no bytes
	ReasonVideoTooLarge   = "VIDEO_TOO_LARGE"  // the upload has more bytes than allowed
	ReasonObjectInvalid   = "OBJECT_INVALID"   // the stored object is not the one that was reserved
	ReasonUploadsTooMany  = "UPLOADS_TOO_MANY" // the author has too many open uploads or waiting videos
	ReasonUploadUnknown   = "UPLOAD_UNKNOWN"   // no such upload of this author: never begun, aborted or expired
	ReasonUploadCommitted = "UPLOAD_COMMITTED" // the upload is already a video
	ReasonVideoUnknown    = "VIDEO_UNKNOWN"    // there is no such video
	ReasonNotVideoOwner   = "VIDEO_FOREIGN"    // the video belongs to another user
	ReasonBusy            = "BUSY"             // too many videos at once; try again
)

// The reasons of the refusals of ProcessingService, beside
// ReasonRequestInvalid and ReasonObjectInvalid. Only media sees them.
const (
	ReasonJobLost        = "JOB_LOST"        // the job is over, or another worker has it
	ReasonOutputsInvalid = "OUTPUTS_INVALID" // an object key outside the prefix of the job
)

// Why a video has failed, as Video.failure_reason says it. Clients show a
// sentence for each; a reason keeps its meaning for ever.
const (
	FailureUnreadable  = "VIDEO_UNREADABLE"   // damaged, cut off, or no video at all
	FailureNoPicture   = "VIDEO_NO_PICTURE"   // sound only
	FailureCodec       = "VIDEO_CODEC"        // unsupported codec
	FailureDimensions  = "VIDEO_DIMENSIONS"   // too few or too many pixels
	FailureTooLong     = "VIDEO_TOO_LONG"     // longer than allowed
	FailureTooComplex  = "VIDEO_TOO_COMPLEX"  // takes too much time, memory or space to process
	FailureSourceLost  = "VIDEO_SOURCE_LOST"  // the source is missing or is not what was stored
	FailureWorkersDied = "VIDEO_WORKERS_DIED" // every worker that claimed the job died; found by the video service, not by media
)

// Reasons lists the reasons of VideoService.
func Reasons() []string {
	return []string{
		ReasonRequestInvalid, ReasonUserUnknown, ReasonTitleInvalid, ReasonVideoEmpty, ReasonVideoTooLarge,
		ReasonObjectInvalid, ReasonUploadsTooMany, ReasonUploadUnknown, ReasonUploadCommitted, ReasonVideoUnknown,
		ReasonNotVideoOwner, ReasonBusy,
	}
}

// WorkerReasons lists the reasons that only ProcessingService uses.
func WorkerReasons() []string { return []string{ReasonJobLost, ReasonOutputsInvalid} }

// Failures lists every reason for which a video fails.
func Failures() []string {
	return []string{
		FailureUnreadable, FailureNoPicture, FailureCodec, FailureDimensions,
		FailureTooLong, FailureTooComplex, FailureSourceLost, FailureWorkersDied,
	}
}
