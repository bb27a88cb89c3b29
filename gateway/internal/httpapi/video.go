package httpapi

import (
	"context"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// The answers of the video service that are not the end of the matter.
const (
	reasonVideoUnknown    = "VIDEO_UNKNOWN"
	reasonUploadUnknown   = "UPLOAD_UNKNOWN"
	reasonUploadCommitted = "UPLOAD_COMMITTED"
)

// publishStatus tells how far a video has come: while it is being uploaded or
// processed to its author, then to everybody.
func (a *api) publishStatus(x *exchange) (reply, error) {
	id, err := x.params.requiredID("video_id")
	if err != nil {
		return nil, err
	}
	state, err := a.Composed.Status(x.ctx, x.viewer.UserID, id)
	if errs.ReasonOf(err) == reasonVideoUnknown && x.viewer.UserID != 0 {
		state, err = a.uploading(x, id, err)
	}
	if err != nil {
		return nil, err
	}
	x.explain(&state.Processing)
	return &progressReply{Status: state}, nil
}

// uploading tells about what is no video yet, or says so.
func (a *api) uploading(x *exchange, id int64, unknown error) (compose.Status, error) {
	open, err := a.Videos.GetUpload(x.ctx, &videov1.GetUploadRequest{VideoId: id, AuthorId: x.viewer.UserID})
	switch errs.ReasonOf(err) {
	case reasonUploadUnknown:
		return compose.Status{}, unknown
	case reasonUploadCommitted: // since it was looked for
		return a.Composed.Status(x.ctx, x.viewer.UserID, id)
	}
	state := compose.Status{VideoID: id, Processing: compose.Processing{State: compose.StateUploading}}
	if err != nil || !open.GetDirect() || a.Direct == nil {
		return state, err // how much of a form has come only its sender knows
	}
	state.TotalBytes = open.GetUpload().GetMaxSize()
	state.UploadedBytes, err = a.Direct.uploaded(x.ctx, open.GetUpload())
	return state, err
}

// publishDelete takes a video of the viewer's away, also one that a client is
// uploading to the store. Repeating it is success for what was a video.
func (a *api) publishDelete(x *exchange) (reply, error) {
	id, err := x.params.requiredID("video_id")
	if err != nil {
		return nil, err
	}
	in := &videov1.DeleteVideoRequest{VideoId: id, AuthorId: x.viewer.UserID}
	_, err = a.Videos.DeleteVideo(x.ctx, in)
	if errs.ReasonOf(err) == reasonVideoUnknown {
		err = a.giveUp(x, id, err)
		if errs.ReasonOf(err) == reasonUploadCommitted { // since it was looked for
			_, err = a.Videos.DeleteVideo(x.ctx, in)
		}
	}
	if err != nil {
		return nil, err
	}
	a.Composed.Forget()
	return emptyStatus(), nil
}

// giveUp aborts an open direct upload of the viewer's, or says that it knows none.
// Only so many may be open at once, and one that was left would count until it
// expires. A form is not given up here: a gateway is writing it, which would go
// on with parts of which nothing is known any more, and aborts it itself.
func (a *api) giveUp(x *exchange, id int64, unknown error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.ctx), abortTimeout)
	defer cancel()
	open, err := a.Videos.GetUpload(ctx, &videov1.GetUploadRequest{VideoId: id, AuthorId: x.viewer.UserID})
	if err == nil && !open.GetDirect() {
		return unknown
	}
	if err == nil {
		_, err = a.Videos.AbortUpload(ctx, &videov1.AbortUploadRequest{VideoId: id, AuthorId: x.viewer.UserID})
	}
	switch {
	case errs.ReasonOf(err) == reasonUploadUnknown:
		return unknown
	case err == nil && a.Direct != nil:
		a.Direct.drop(ctx, open.GetUpload())
	}
	return err
}
