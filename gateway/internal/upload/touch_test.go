package upload_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/fake"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// kept runs a test with an upload that is being written, in a synctest bubble.
func kept(t *testing.T, test func(ctx context.Context, videos *fake.Videos, id int64)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		videos := &fake.Videos{TouchedFor: 4 * time.Minute}
		begun, err := videos.BeginUpload(t.Context(), &videov1.BeginUploadRequest{AuthorId: 1, Touched: true})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := upload.Keep(t.Context(), videos, 1, begun, time.Now())
		defer stop() // and the bubble checks that its goroutine ends
		test(ctx, videos, begun.GetVideoId())
	})
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestUploadIsTouchedEachMinute(t *testing.T) {
	kept(t, func(ctx context.Context, videos *fake.Videos, _ int64) {
		pass(90*time.Minute + time.Second)
		if n := videos.Count("TouchUpload"); n != 90 || ctx.Err() != nil {
			t.Errorf("touched %d times in 90 minutes: %v", n, context.Cause(ctx))
		}
	})
}

// While the video service is down, the gateway may write as long as the last touch
// permits.
func TestUploadOutlivesAShortOutage(t *testing.T) {
	kept(t, func(ctx context.Context, videos *fake.Videos, _ int64) {
		pass(time.Minute + time.Second)
		videos.Stop(&errs.Error{Code: errs.Unavailable})
		pass(3 * time.Minute)
		videos.Stop(nil)
		pass(20 * time.Minute)
		if ctx.Err() != nil {
			t.Errorf("ended: %v", context.Cause(ctx))
		}
	})
}

func TestUploadEndsBeforeItMayBeSwept(t *testing.T) {
	kept(t, func(ctx context.Context, videos *fake.Videos, _ int64) {
		pass(time.Minute + time.Second)
		videos.Stop(&errs.Error{Code: errs.Unavailable})
		pass(4*time.Minute - 2*time.Second)
		if ctx.Err() != nil {
			t.Errorf("ended early: %v", context.Cause(ctx))
		}
		pass(2 * time.Second)
		if errs.CodeOf(context.Cause(ctx)) != errs.Unavailable {
			t.Errorf("after four minutes without a touch: %v", context.Cause(ctx))
		}
	})
}

func TestUploadThatWasSweptEndsAtTheNextTouch(t *testing.T) {
	kept(t, func(ctx context.Context, videos *fake.Videos, id int64) {
		if _, err := videos.AbortUpload(ctx, &videov1.AbortUploadRequest{VideoId: id, AuthorId: 1}); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if errs.ReasonOf(context.Cause(ctx)) != videov1.ReasonUploadUnknown {
			t.Errorf("the cause is %v", context.Cause(ctx))
		}
	})
}

func TestTouchesEndWithTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		videos := &fake.Videos{}
		parent, cancel := context.WithCancel(t.Context())
		begun := &videov1.BeginUploadResponse{VideoId: 1, TouchedForMs: 240_000}
		ctx, stop := upload.Keep(parent, videos, 1, begun, time.Now())
		cancel()
		pass(time.Hour)
		if n := videos.Count("TouchUpload"); n != 0 || !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("touched %d times: %v", n, ctx.Err())
		}
		stop()
	})
}

// Every upload by form promises to be touched, so that it is swept soon if this
// gateway dies.
func TestFormsAreBegunWithTouches(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	h.Videos.TouchedFor = 4 * time.Minute
	apitest.WantCode(t, "upload", h.Upload(t, nil, apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t"), apitest.File(apitest.Movie(5000))), 0)
	if n := h.Videos.BegunTouched(); n != 1 {
		t.Errorf("%d uploads were begun with touches, want 1", n)
	}
}
