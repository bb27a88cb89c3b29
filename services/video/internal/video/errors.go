package video

import "github.com/douyin-on-dapr/douyin/services/platform/errs"

// The refusals of this service. Their reasons are part of the contract
// (video.proto); the gateway translates them for the phone.
var (
	ErrRequestInvalid  = errs.New(errs.Invalid, "REQUEST_INVALID", "an id, a size or a limit is out of its range")
	ErrUserUnknown     = errs.New(errs.NotFound, "USER_UNKNOWN", "there is no such user")
	ErrTitleInvalid    = errs.New(errs.Invalid, "TITLE_INVALID", "the title must have 1 to 128 characters and no control characters")
	ErrVideoEmpty      = errs.New(errs.Invalid, "VIDEO_EMPTY", "the video is empty")
	ErrVideoTooLarge   = errs.New(errs.Invalid, "VIDEO_TOO_LARGE", "the video is too large")
	ErrObjectInvalid   = errs.New(errs.Invalid, "OBJECT_INVALID", "the stored object is not the one that was asked for")
	ErrUploadsTooMany  = errs.New(errs.Exhausted, "UPLOADS_TOO_MANY", "too many uploads at once, please try again later")
	ErrUploadUnknown   = errs.New(errs.NotFound, "UPLOAD_UNKNOWN", "there is no such upload, or it has expired")
	ErrUploadCommitted = errs.New(errs.Conflict, "UPLOAD_COMMITTED", "this upload is a video already")
	ErrVideoUnknown    = errs.New(errs.NotFound, "VIDEO_UNKNOWN", "there is no such video")
	ErrVideoForeign    = errs.New(errs.Forbidden, "VIDEO_FOREIGN", "the video is somebody else's")
	ErrJobLost         = errs.New(errs.Conflict, "JOB_LOST", "the job is over, or another worker has it")
	ErrOutputsInvalid  = errs.New(errs.Invalid, "OUTPUTS_INVALID", "the names of the objects are not those that the job may write")
	ErrBusy            = errs.New(errs.Unavailable, "BUSY", "too many videos at once, please try again")
)
