package upload

import (
	"context"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// abortTimeout bounds the cleanup after a failed upload.
	abortTimeout = 10 * time.Second

	// abortPause is the time between two attempts to abort.
	abortPause = 250 * time.Millisecond
)

// commit makes an upload a video. It sends the commit a second time when the
// outcome of the first is unknown: a commit is idempotent, and only its answer says
// whether the upload is a video.
func commit(ctx context.Context, videos Videos, in *videov1.CommitUploadRequest) error {
	_, err := videos.CommitUpload(ctx, in)
	if outcomeUnknown(err) {
		_, err = videos.CommitUpload(ctx, in)
	}
	return err
}

// abort gives an upload up. Only the video service knows whether an upload whose
// commit got no answer is a video, so abort repeats until it answers, for
// abortTimeout at most. The reason of the error is UPLOAD_COMMITTED if the upload
// is a video.
func abort(ctx context.Context, videos Videos, id, authorID int64) error {
	ctx, cancel := context.WithTimeout(ctx, abortTimeout)
	defer cancel()
	for {
		_, err := videos.AbortUpload(ctx, &videov1.AbortUploadRequest{VideoId: id, AuthorId: authorID})
		if !outcomeUnknown(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(abortPause):
		}
	}
}

// outcomeUnknown reports that a call may or may not have had its effect.
func outcomeUnknown(err error) bool {
	code := errs.CodeOf(err)
	return err != nil && (code == errs.Unavailable || code == errs.Timeout)
}
