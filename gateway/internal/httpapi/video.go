package httpapi

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// giveUpTimeout bounds the calls that give up an upload.
const giveUpTimeout = 10 * time.Second

type progressReply struct {
	request.Head
	compose.Status
}

func emptyProgress() request.Reply { return &progressReply{} }

// explain adds the sentence for the reason of a failure, in the client's language.
func explain(r *request.Request, p *compose.Processing) {
	p.FailureMsg = r.FailureText(p.FailureReason)
}

// publishList shows the videos of a user, newest first. Every profile page calls
// it, also for guests.
func (a *api) publishList(r *request.Request) (request.Reply, error) {
	id, err := subject(r)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	before, err := numericCursor(page.Cursor)
	if err != nil {
		return nil, err
	}
	works, err := a.Composer.Works(r.Context(), r.Viewer.UserID, id, before, page.Limit)
	if err != nil {
		return nil, err
	}
	for i := range works.Entries {
		explain(r, &works.Entries[i].Processing)
	}
	return &videosReply{Videos: works.Entries, NextCursor: works.Next}, nil
}

// publishStatus shows the progress of a video: to its author while it is being
// uploaded or processed, then to everybody.
func (a *api) publishStatus(r *request.Request) (request.Reply, error) {
	id, err := r.Params.RequiredID("video_id")
	if err != nil {
		return nil, err
	}
	state, err := a.Composer.Status(r.Context(), r.Viewer.UserID, id)
	if errs.ReasonOf(err) == videov1.ReasonVideoUnknown && r.Viewer.UserID != 0 {
		state, err = a.uploading(r, id, err)
	}
	if err != nil {
		return nil, err
	}
	explain(r, &state.Processing)
	return &progressReply{Status: state}, nil
}

// uploading is the status of an open upload. It returns the error unknown if there
// is none.
func (a *api) uploading(r *request.Request, id int64, unknown error) (compose.Status, error) {
	open, err := a.Videos.GetUpload(r.Context(), &videov1.GetUploadRequest{VideoId: id, AuthorId: r.Viewer.UserID})
	switch errs.ReasonOf(err) {
	case videov1.ReasonUploadUnknown:
		return compose.Status{}, unknown
	case videov1.ReasonUploadCommitted: // a video since the first look
		return a.Composer.Status(r.Context(), r.Viewer.UserID, id)
	}
	state := compose.Status{VideoID: id, Processing: compose.Processing{State: compose.StateUploading}}
	if err != nil || !open.GetDirect() || a.Direct == nil {
		return state, err // only its sender knows the progress of a form
	}
	state.TotalBytes = open.GetUpload().GetMaxSize()
	state.UploadedBytes, err = a.Direct.UploadedBytes(r.Context(), open.GetUpload())
	return state, err
}

// publishDelete deletes a video of the viewer, or gives up a direct upload.
// Deleting a video again is success.
func (a *api) publishDelete(r *request.Request) (request.Reply, error) {
	id, err := r.Params.RequiredID("video_id")
	if err != nil {
		return nil, err
	}
	in := &videov1.DeleteVideoRequest{VideoId: id, AuthorId: r.Viewer.UserID}
	_, err = a.Videos.DeleteVideo(r.Context(), in)
	if errs.ReasonOf(err) == videov1.ReasonVideoUnknown { // possibly an open upload
		err = a.giveUp(r, id, err)
		if errs.ReasonOf(err) == videov1.ReasonUploadCommitted { // a video since the first look
			_, err = a.Videos.DeleteVideo(r.Context(), in)
		}
	}
	if err != nil {
		return nil, err
	}
	a.Composer.Forget()
	return emptyStatus(), nil
}

// giveUp aborts an open direct upload of the viewer. It returns the error unknown
// if there is none. The number of open uploads is limited, and an abandoned one
// would count until it expires. An upload by form is not given up here: the
// gateway that receives it would go on writing parts of an unknown upload; it
// aborts the upload itself.
func (a *api) giveUp(r *request.Request, id int64, unknown error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), giveUpTimeout)
	defer cancel()
	open, err := a.Videos.GetUpload(ctx, &videov1.GetUploadRequest{VideoId: id, AuthorId: r.Viewer.UserID})
	if err == nil && !open.GetDirect() {
		return unknown
	}
	if err == nil {
		_, err = a.Videos.AbortUpload(ctx, &videov1.AbortUploadRequest{VideoId: id, AuthorId: r.Viewer.UserID})
	}
	switch {
	case errs.ReasonOf(err) == videov1.ReasonUploadUnknown:
		return unknown
	case err == nil && a.Direct != nil:
		a.Direct.DeleteBytes(ctx, open.GetUpload())
	}
	return err
}
