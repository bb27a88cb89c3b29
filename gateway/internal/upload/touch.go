package upload

import (
	"context"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// touchEvery is the time between two touches of an upload.
	touchEvery = time.Minute

	// touchRetry is the time to the next try after a touch that failed.
	touchRetry = 10 * time.Second

	// touchTimeout bounds one touch.
	touchTimeout = 5 * time.Second
)

// untilExpiry is the time from now to the expiry of an upload. A video service of
// the version before sends the time of day only, which needs equal clocks.
func untilExpiry(begun *videov1.BeginUploadResponse, now time.Time) time.Duration {
	if ms := begun.GetExpiresInMs(); ms > 0 {
		return time.Duration(ms) * time.Millisecond
	}
	return time.UnixMilli(begun.GetExpiresAtMs()).Sub(now)
}

// keeper touches an upload, so that the video service knows that this gateway still
// writes it.
type keeper struct {
	videos       Videos
	id, authorID int64

	cancel context.CancelCauseFunc
	ended  chan struct{}
}

// keep touches an upload until stop. asked is the time before BeginUpload was called.
// The context is for writing the parts: it ends before the video service may sweep
// them, with the reason as its cause.
func keep(parent context.Context, videos Videos, authorID int64, begun *videov1.BeginUploadResponse, asked time.Time) (ctx context.Context, stop func()) {
	k := &keeper{videos: videos, id: begun.GetVideoId(), authorID: authorID, ended: make(chan struct{})}
	ctx, k.cancel = context.WithCancelCause(parent)
	go k.run(ctx, asked.Add(time.Duration(begun.GetTouchedForMs())*time.Millisecond))
	return ctx, k.stop
}

func (k *keeper) stop() {
	k.cancel(nil)
	<-k.ended
}

func (k *keeper) run(ctx context.Context, until time.Time) {
	defer close(k.ended)
	pause := touchEvery
	var failed error // of the last touch
	for {
		timer := time.NewTimer(min(pause, time.Until(until)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		asked := time.Now()
		if !asked.Before(until) {
			k.cancel(&errs.Error{Code: errs.Unavailable, Op: "upload.keep", Cause: failed})
			return
		}
		left, err := k.touch(ctx)
		switch errs.CodeOf(err) {
		case errs.NotFound, errs.Conflict:
			k.cancel(err)
			return
		}
		if failed = err; err != nil {
			pause = touchRetry
			continue
		}
		until, pause = asked.Add(left), touchEvery
	}
}

func (k *keeper) touch(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, touchTimeout)
	defer cancel()
	touched, err := k.videos.TouchUpload(ctx, &videov1.TouchUploadRequest{VideoId: k.id, AuthorId: k.authorID})
	return time.Duration(touched.GetTouchedForMs()) * time.Millisecond, err
}
