//go:build e2e

package e2etest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

const (
	// ProcessingTimeout is how long a video may take until it is ready or failed, on
	// a busy machine and behind other videos.
	ProcessingTimeout = 2 * time.Minute

	// RemovalTimeout is how long the bytes of a deleted or failed video may stay: the
	// interval of the sweeper, and the work before.
	RemovalTimeout = time.Minute
)

// Publish uploads a video, waits until it is ready and returns it as the list of
// its author shows it then.
func Publish(t testing.TB, p *client.Client, a Account, title string, movie []byte) client.Video {
	t.Helper()
	r := Must(p.Publish(t.Context(), a.Token, title, bytes.NewReader(movie)))(t)
	Accepted(t, r)
	list := Must(p.PublishList(t.Context(), a.ID, a.Token, client.Page{}))(t)
	Accepted(t, list)
	if len(list.Videos) == 0 || list.Videos[0].Title != title || list.Videos[0].ID != r.VideoID {
		t.Fatalf("the video is not on top of its author's list of %d right after publish", len(list.Videos))
	}
	WaitReady(t, p, a, r.VideoID)
	return ListedVideo(t, p, a, r.VideoID, a.Token)
}

// PublishID uploads a video, waits until it is ready and returns its id.
func PublishID(ctx context.Context, p *client.Client, a Account, movie []byte) (int64, error) {
	published, err := client.Accepted(p.Publish(ctx, a.Token, "a work", bytes.NewReader(movie)))
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, ProcessingTimeout)
	defer cancel()
	return published.VideoID, Poll(ctx, func(ctx context.Context) error {
		r, err := client.Accepted(p.PublishStatus(ctx, a.Token, published.VideoID))
		if err == nil && r.State != client.StateReady {
			err = fmt.Errorf("video %d is %s %s", published.VideoID, r.State, r.FailureReason)
		}
		return err
	})
}

// WaitProcessed waits until a video is ready or failed.
func WaitProcessed(t testing.TB, p *client.Client, a Account, videoID int64) client.PublishStatusResponse {
	t.Helper()
	var r client.PublishStatusResponse
	Within(t, ProcessingTimeout, fmt.Sprintf("video %d is processed", videoID), func(ctx context.Context) (err error) {
		if r, err = client.Accepted(p.PublishStatus(ctx, a.Token, videoID)); err != nil {
			return err
		}
		if r.State != client.StateReady && r.State != client.StateFailed {
			return fmt.Errorf("it is %s (%d %%)", r.State, r.Progress)
		}
		return nil
	})
	return r
}

// WaitReady waits until a video is ready.
func WaitReady(t testing.TB, p *client.Client, a Account, videoID int64) {
	t.Helper()
	if r := WaitProcessed(t, p, a, videoID); r.State != client.StateReady {
		t.Fatalf("video %d is failed: %s", videoID, r.FailureReason)
	}
}

// WaitAllReady waits until all videos of an author are ready, and returns them.
func WaitAllReady(t testing.TB, p *client.Client, a Account) []client.Video {
	t.Helper()
	var list client.VideosResponse
	Within(t, ProcessingTimeout, "all videos are ready", func(ctx context.Context) (err error) {
		if list, err = client.Accepted(p.PublishList(ctx, a.ID, a.Token, client.Page{})); err != nil {
			return err
		}
		for _, v := range list.Videos {
			if v.State != client.StateReady {
				return fmt.Errorf("video %d is %s %s", v.ID, v.State, v.FailureReason)
			}
		}
		return nil
	})
	return list.Videos
}

// WaitIdle waits until no video of anybody is queued or being processed.
func WaitIdle(t testing.TB) {
	t.Helper()
	db := Database(t, "video")
	Within(t, 2*ProcessingTimeout, "all videos are processed", func(ctx context.Context) error {
		n, err := Count(ctx, db, "SELECT COUNT(*) FROM jobs")
		if err == nil && n > 0 {
			err = fmt.Errorf("%d jobs", n)
		}
		return err
	})
}

// WaitRemoved waits until no bytes of some videos are stored.
func WaitRemoved(t testing.TB, videoIDs ...int64) {
	t.Helper()
	Within(t, RemovalTimeout, "the bytes are removed", func(ctx context.Context) error {
		keys, err := TheBucket(t).List(ctx)
		for key := range keys {
			for _, id := range videoIDs {
				if strings.HasPrefix(key, fmt.Sprintf("videos/%d/", id)) {
					return fmt.Errorf("%s is left", key)
				}
			}
		}
		return err
	})
}
