package fake

import (
	"context"
	"slices"
	"strconv"

	"google.golang.org/grpc"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// openUpload is neither committed nor aborted.
type openUpload struct {
	author int64
	direct bool
	begun  *videov1.BeginUploadResponse
}

// BeginUpload opens an upload.
func (v *Videos) BeginUpload(_ context.Context, in *videov1.BeginUploadRequest, _ ...grpc.CallOption) (*videov1.BeginUploadResponse, error) {
	if err := v.note("BeginUpload"); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	maxSize, partSize := v.MaxSize, v.PartSize
	if in.GetDirect() {
		maxSize, partSize = in.GetDeclaredSize(), 8<<20
	} else if maxSize == 0 {
		maxSize = 1 << 20
	}
	if partSize == 0 {
		partSize = 1 << 10
	}
	if in.GetDeclaredSize() > maxSize {
		return nil, errs.New(errs.Invalid, videov1.ReasonVideoTooLarge, "the video is too large")
	}
	if in.GetDeclaredSize() > 0 {
		maxSize = in.GetDeclaredSize()
	}
	id := v.id()
	if v.open == nil {
		v.open = map[int64]*openUpload{}
	}
	begun := &videov1.BeginUploadResponse{VideoId: id, ObjectKey: objectKey(id), PartSize: partSize, MaxSize: maxSize}
	if in.GetDirect() {
		begun.ExpiresAtMs = v.ExpiresAtMS
	}
	v.open[id] = &openUpload{author: in.GetAuthorId(), direct: in.GetDirect(), begun: begun}
	return begun, nil
}

// GetUpload finds an open upload.
func (v *Videos) GetUpload(_ context.Context, in *videov1.GetUploadRequest, _ ...grpc.CallOption) (*videov1.GetUploadResponse, error) {
	if err := v.note("GetUpload"); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if open := v.open[in.GetVideoId()]; open != nil && open.author == in.GetAuthorId() {
		return &videov1.GetUploadResponse{Upload: open.begun, Direct: open.direct}, nil
	}
	own := func(o *videov1.Video) bool { return o.Id == in.GetVideoId() && o.AuthorId == in.GetAuthorId() }
	if len(v.newest(own, 1)) > 0 {
		return nil, errs.New(errs.Conflict, videov1.ReasonUploadCommitted, "this upload is a video already")
	}
	return nil, errUploadUnknown()
}

func errUploadUnknown() error {
	return errs.New(errs.NotFound, videov1.ReasonUploadUnknown, "there is no such upload")
}

// DeleteVideo removes a video; repeating it is success.
func (v *Videos) DeleteVideo(_ context.Context, in *videov1.DeleteVideoRequest, _ ...grpc.CallOption) (*videov1.DeleteVideoResponse, error) {
	if err := v.note("DeleteVideo"); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	author := v.deleted[in.GetVideoId()]
	at := slices.IndexFunc(v.videos, func(o *videov1.Video) bool { return o.Id == in.GetVideoId() })
	if at >= 0 {
		author = v.videos[at].GetAuthorId()
	}
	switch {
	case author == 0:
		return nil, errs.New(errs.NotFound, videov1.ReasonVideoUnknown, "there is no such video")
	case author != in.GetAuthorId():
		return nil, errs.New(errs.Forbidden, videov1.ReasonNotVideoOwner, "only its author may delete a video")
	case at >= 0:
		v.videos = slices.Delete(v.videos, at, at+1)
		if v.deleted == nil {
			v.deleted = map[int64]int64{}
		}
		v.deleted[in.GetVideoId()] = author
	}
	return &videov1.DeleteVideoResponse{}, nil
}

// CommitUpload makes an upload a video that waits to be processed; repeating it
// is success.
func (v *Videos) CommitUpload(_ context.Context, in *videov1.CommitUploadRequest, _ ...grpc.CallOption) (*videov1.CommitUploadResponse, error) {
	if err := v.note("CommitUpload"); err != nil {
		return nil, err
	}
	made, err := v.commit(in)
	if v.LoseCommits && err == nil {
		return nil, errs.New(errs.Timeout, "", "")
	}
	return made, err
}

func (v *Videos) commit(in *videov1.CommitUploadRequest) (*videov1.CommitUploadResponse, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if done := v.newest(func(o *videov1.Video) bool { return o.Id == in.GetVideoId() }, 1); len(done) > 0 {
		return &videov1.CommitUploadResponse{Video: done[0]}, nil
	}
	if open := v.open[in.GetVideoId()]; open == nil || open.author != in.GetAuthorId() {
		return nil, errUploadUnknown()
	}
	if in.GetTitle() == "" {
		return nil, errs.New(errs.Invalid, videov1.ReasonTitleInvalid, "the title must have 1 to 128 characters")
	}
	delete(v.open, in.GetVideoId())
	made := v.publish(in.GetVideoId(), in.GetAuthorId(), 1_700_000_000_000+in.GetVideoId(), in.GetTitle(), in.GetSource())
	return &videov1.CommitUploadResponse{Video: made}, nil
}

// AbortUpload gives an upload up.
func (v *Videos) AbortUpload(ctx context.Context, in *videov1.AbortUploadRequest, _ ...grpc.CallOption) (*videov1.AbortUploadResponse, error) {
	if err := v.note("AbortUpload"); err != nil {
		return nil, err
	}
	if v.OnAbort != nil {
		v.OnAbort()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if done := v.newest(func(o *videov1.Video) bool { return o.Id == in.GetVideoId() }, 1); len(done) > 0 {
		return nil, errs.New(errs.Conflict, videov1.ReasonUploadCommitted, "this upload is a video already")
	}
	if open := v.open[in.GetVideoId()]; open != nil && open.author == in.GetAuthorId() {
		delete(v.open, in.GetVideoId())
		v.aborted++
		if v.Blobs != nil {
			v.Blobs.drop(objectKey(in.GetVideoId()))
		}
	}
	return &videov1.AbortUploadResponse{}, nil
}

func objectKey(id int64) string { return "videos/" + strconv.FormatInt(id, 10) }
