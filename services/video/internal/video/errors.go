package video

import (
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// The refusals of this service. Their reasons are part of the contract. The gateway
// translates them for the phone.
var (
	ErrRequestInvalid  = errs.New(errs.Invalid, videov1.ReasonRequestInvalid, "an id, a size or a limit is out of range")
	ErrUserUnknown     = errs.New(errs.NotFound, videov1.ReasonUserUnknown, "there is no such user")
	ErrTitleInvalid    = errs.New(errs.Invalid, videov1.ReasonTitleInvalid, "the title must have 1 to 128 characters and no control characters")
	ErrVideoEmpty      = errs.New(errs.Invalid, videov1.ReasonVideoEmpty, "the video is empty")
	ErrVideoTooLarge   = errs.New(errs.Invalid, videov1.ReasonVideoTooLarge, "the video is too large")
	ErrObjectInvalid   = errs.New(errs.Invalid, videov1.ReasonObjectInvalid, "the stored object is not the reserved one")
	ErrUploadsTooMany  = errs.New(errs.Exhausted, videov1.ReasonUploadsTooMany, "too many uploads at once, please try again later")
	ErrUploadUnknown   = errs.New(errs.NotFound, videov1.ReasonUploadUnknown, "there is no such upload, or it has expired")
	ErrUploadCommitted = errs.New(errs.Conflict, videov1.ReasonUploadCommitted, "the upload is already committed")
	ErrVideoUnknown    = errs.New(errs.NotFound, videov1.ReasonVideoUnknown, "there is no such video")
	ErrVideoForeign    = errs.New(errs.Forbidden, videov1.ReasonNotVideoOwner, "the video belongs to another user")
	ErrJobLost         = errs.New(errs.Conflict, videov1.ReasonJobLost, "the job is over, or another worker has it")
	ErrOutputsInvalid  = errs.New(errs.Invalid, videov1.ReasonOutputsInvalid, "an object key is outside the prefix of the job, or there are too many")
	ErrBusy            = errs.New(errs.Unavailable, videov1.ReasonBusy, "too many videos at once, please try again")
)
