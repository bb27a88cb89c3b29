package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func object(id int64, name, contentType string) *video.Object {
	key := fmt.Sprintf("videos/%d/1/%s", id, name)
	return &video.Object{Key: key, Size: 9, PartSize: 10, SHA256: sha256.Sum256([]byte(key)), ContentType: contentType}
}

func outputs(id, attempt int64, names ...string) video.Outputs {
	o := video.Outputs{Attempt: attempt}
	for i, name := range names {
		o.Extents = append(o.Extents, video.Extent{Key: fmt.Sprintf("videos/%d/%d/%s", id, attempt, name), Parts: 1 + i})
	}
	return o
}

func removal(id, due int64, names ...string) video.Removal {
	return video.Removal{VideoID: id, Extents: outputs(id, 1, names...).Extents, DueAtMs: due}
}

func testUpdateLifecycle(ctx context.Context, t *testing.T, s harness) {
	v := publish(ctx, t, s, newVideo(1, 7))
	job := &video.Job{Attempt: 2, Tries: 3, Releases: 4, SuspectedReason: videov1.FailureTooComplex, SuspectCount: 6, Held: true, Progress: 50, DueAtMs: published + 5}
	first, second := outputs(1, 1, "play"), outputs(1, 2, "play", "hls/720/00000")
	change(ctx, t, s, 1, func(c *video.Lifecycle) { c.Job, c.Outputs = job, []video.Outputs{first} })
	want := video.Lifecycle{Video: v, Job: job, Outputs: []video.Outputs{first}, NowMs: published}
	if got := look(ctx, t, s, 1); !reflect.DeepEqual(got, want) {
		t.Fatalf("stored %+v, want %+v", got, want)
	}

	want.Video.State, want.Video.ShownAtMs, want.Video.Version, want.Video.Attempt = video.StateReady, published+9, 2, 2
	want.Video.DurationMs, want.Video.Width, want.Video.Height = 1_234, 720, 1_280
	want.Video.Play, want.Video.Cover, want.Video.HLS = object(1, "play", "video/mp4"), object(1, "cover", "image/jpeg"), object(1, "hls/index", "application/x-protobuf")
	want.Video.Source.SHA256[0]++
	want.Job, want.Outputs = nil, []video.Outputs{second}
	change(ctx, t, s, 1, func(c *video.Lifecycle) {
		c.Video, c.Job, c.Outputs = want.Video, nil, want.Outputs
		c.Removals, c.Event = []video.Removal{removal(1, published, "play")}, video.EventReady
	})
	if got := look(ctx, t, s, 1); !reflect.DeepEqual(got, want) {
		t.Fatalf("stored %+v, want %+v", got, want)
	}
	if found, err := s.ByIDs(ctx, []int64{1}); err != nil || len(found) != 1 || !reflect.DeepEqual(found[0], want.Video) {
		t.Errorf("found %+v, %v; want %+v", found, err, want.Video)
	}
	wantRemoval(ctx, t, s, removal(1, published+1, "play"))
	wantCounterEqualsSet(ctx, t, s, 7)
}

// wantRemoval claims the only removal and ends it.
func wantRemoval(ctx context.Context, t *testing.T, s harness, want video.Removal) {
	t.Helper()
	r, found, err := s.ClaimRemoval(ctx, time.Millisecond)
	if err != nil || !found {
		t.Fatalf("no removal: %v", err)
	}
	want.ID = r.ID
	if r.ID == 0 || !reflect.DeepEqual(r, want) {
		t.Errorf("removal %+v, want %+v", r, want)
	}
	for range 2 {
		if err := s.EndRemoval(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
	}
	s.Set(published + 1)
	if r, found, err := s.ClaimRemoval(ctx, time.Millisecond); found || err != nil {
		t.Errorf("another removal: %+v, %v", r, err)
	}
}

func testUpdateLifecycleRefused(ctx context.Context, t *testing.T, s harness) {
	v := publish(ctx, t, s, newVideo(1, 7))
	err := s.UpdateLifecycle(ctx, 1, func(c *video.Lifecycle) error {
		c.Video.State, c.Video.ShownAtMs, c.Event = video.StateReady, published, video.EventReady
		c.Job.Attempt = 9
		c.Job = nil
		c.Outputs = []video.Outputs{outputs(1, 1, "play")}
		c.Removals = []video.Removal{removal(1, 0, "play")}
		return errRefused
	})
	wantError(t, err, errRefused)
	if got := look(ctx, t, s, 1); got.Video != v || got.Job == nil || got.Job.Attempt != 0 || len(got.Outputs) != 0 {
		t.Errorf("stored %+v", got)
	}
	if _, found, err := s.ClaimRemoval(ctx, time.Millisecond); found || err != nil {
		t.Errorf("a removal was stored, %v", err)
	}
	wantCounterEqualsSet(ctx, t, s, 7)
}

func testUpdateLifecycleUnknown(ctx context.Context, t *testing.T, s harness) {
	err := s.UpdateLifecycle(ctx, 1, func(*video.Lifecycle) error { t.Error("nothing to change"); return nil })
	wantError(t, err, video.ErrVideoUnknown)
	if _, err := s.DeletedOf(ctx, 1); err == nil {
		t.Error("found the tombstone of an unknown video")
	} else {
		wantError(t, err, video.ErrVideoUnknown)
	}
}

func testDelete(ctx context.Context, t *testing.T, s harness) {
	show(ctx, t, s, newVideo(1, 7))
	show(ctx, t, s, newVideo(2, 7))
	publish(ctx, t, s, newVideo(3, 7))
	for _, id := range []int64{1, 3} {
		change(ctx, t, s, id, func(c *video.Lifecycle) {
			c.Outputs = append(c.Outputs, outputs(id, 1, "play"))
		})
		change(ctx, t, s, id, func(c *video.Lifecycle) {
			c.DeletedAtMs, c.Event, c.Job, c.Outputs = published, video.EventDeleted, nil, nil
			c.Video.Version++
		})
		if author, err := s.DeletedOf(ctx, id); err != nil || author != 7 {
			t.Errorf("video %d belonged to %d, %v", id, author, err)
		}
	}
	found, err := s.ByIDs(ctx, []int64{1, 2, 3})
	wantIDs(t, found, err, 2)
	found, err = s.ByAuthor(ctx, 7, video.Latest, 10, true)
	wantIDs(t, found, err, 2)
	found, err = s.Newest(ctx, video.Latest, 10)
	wantIDs(t, found, err, 2)
	s.Set(published + 1_000)
	if due, err := s.UpdateNextDue(ctx, func(*video.Lifecycle) error { return nil }); due || err != nil {
		t.Errorf("found a job of a deleted video, %v", err)
	}
	wantError(t, s.Renew(ctx, 3, 0, time.Second, 0), video.ErrJobLost)
	wantCounterEqualsSet(ctx, t, s, 7)
}

func testShownTies(ctx context.Context, t *testing.T, s harness) {
	for id, want := range []int64{published, published + 1, published + 2} {
		if got := show(ctx, t, s, newVideo(int64(1+id), 7)); got.ShownAtMs != want {
			t.Errorf("shown at +%d ms, want +%d", got.ShownAtMs-published, want-published)
		}
	}
	// A change keeps the time at which a video was shown.
	change(ctx, t, s, 1, func(c *video.Lifecycle) { c.Video.Version++ })
	if got := look(ctx, t, s, 1).Video; got.ShownAtMs != published || got.Version != 3 {
		t.Errorf("shown at +%d ms, version %d", got.ShownAtMs-published, got.Version)
	}
}

// Concurrent changes of one video are serialized.
func testUpdateLifecycleConcurrent(ctx context.Context, t *testing.T, s harness) {
	const changes = 20
	publish(ctx, t, s, newVideo(1, 7))
	var done atomic.Int64
	inParallel(changes, func(int) {
		err := s.UpdateLifecycle(ctx, 1, func(c *video.Lifecycle) error {
			c.Video.Version++
			c.Job.Attempt++
			return nil
		})
		if err != nil {
			t.Error(err)
			return
		}
		done.Add(1)
	})
	if got := look(ctx, t, s, 1); got.Video.Version != 1+changes || got.Job.Attempt != changes || done.Load() != changes {
		t.Errorf("version %d, attempt %d after %d changes", got.Video.Version, got.Job.Attempt, done.Load())
	}
}
