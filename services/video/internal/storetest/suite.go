// Package storetest is the conformance suite of stores. It runs on the fake and on a
// real database.
package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// Store is every port that a store implements.
type Store interface {
	video.Uploads
	video.Videos
	video.Lifecycles
	video.Removals
}

// Clock sets the time of a store.
type Clock interface {
	Set(unixMs int64)
}

// harness is a store under test and its clock.
type harness struct {
	Store
	Clock
}

// Run tests a store. open returns a new, empty store for each test, and its clock.
func Run(t *testing.T, open func(t *testing.T) (Store, Clock)) {
	tests := []struct {
		name string
		run  func(context.Context, *testing.T, harness)
	}{
		{"Begin/LimitPerAuthor", testBeginLimit},
		{"Begin/LimitHoldsConcurrently", testBeginLimitConcurrent},
		{"Begin/WaitingVideos", testBeginWaiting},
		{"Change/StoresAbortAndDueTime", testChange},
		{"Change/Refused", testChangeRefused},
		{"Change/Unknown", testChangeUnknown},
		{"Publish/ReplacesUpload", testPublish},
		{"Publish/WholeObject", testPublishWhole},
		{"Publish/Refused", testPublishRefused},
		{"Publish/Unknown", testPublishUnknown},
		{"Publish/BumpsTies", testPublishTies},
		{"Publish/OnceConcurrently", testPublishOnce},
		{"Publish/ManyConcurrently", testPublishMany},
		{"Claim/OnlyDueAndOldestFirst", testClaim},
		{"Claim/NeverTwiceConcurrently", testClaimConcurrent},
		{"Remove/Idempotent", testRemove},
		{"Newest/ReadyOnlyBeforeMoment", testNewest},
		{"Newest/PagingYieldsEachOnce", testPaging},
		{"ByAuthor/OwnInAllStatesNewestFirst", testByAuthor},
		{"ByIDs/LeavesUnknownOut", testByIDs},
		{"Existing/InAnyStateUntilDeleted", testExisting},
		{"Works/EqualsSet", testWorks},
		{"UpdateLifecycle/StoresAll", testUpdateLifecycle},
		{"UpdateLifecycle/Refused", testUpdateLifecycleRefused},
		{"UpdateLifecycle/Unknown", testUpdateLifecycleUnknown},
		{"UpdateLifecycle/Deletes", testDelete},
		{"UpdateLifecycle/BumpsTiesOfShown", testShownTies},
		{"UpdateLifecycle/OneAfterTheOther", testUpdateLifecycleConcurrent},
		{"UpdateNextDue/OldestFirst", testChangeDue},
		{"UpdateNextDue/NeverTwiceConcurrently", testChangeDueConcurrent},
		{"UpdateNextDue/AllOperationsConcurrently", testConcurrentOperations},
		{"Renew/OnlyTheHolder", testRenew},
		{"FailedLongAgo/OldestFirst", testFailedLongAgo},
		{"Removals/OnlyDueAndOldestFirst", testRemovals},
		{"Removals/NeverTwiceConcurrently", testRemovalsConcurrent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			s, clock := open(t)
			clock.Set(published)
			tt.run(ctx, t, harness{s, clock})
		})
	}
}

// published is the publish time of newVideo, and the time of the store at the
// beginning of a test.
const published = int64(1_700_000_000_000)

func upload(id, author int64) video.Upload {
	return video.Upload{
		VideoID: id, AuthorID: author, ObjectKey: fmt.Sprintf("videos/%d/source", id),
		PartSize: 2 << 20, MaxSize: 512 << 20, ExpiresAtMs: published + 1_000, DueAtMs: published + 2_000,
	}
}

func newVideo(id, author int64) video.Video {
	return video.Video{
		ID: id, AuthorID: author, Title: "第一次 🎬", PublishedAtMs: published, State: video.StateUploaded, Version: 1,
		Source: video.Object{
			Key: fmt.Sprintf("videos/%d/source", id), Size: 3<<20 + 1, PartSize: 2 << 20,
			SHA256: sha256.Sum256(fmt.Append(nil, id)), ContentType: "video/mp4",
		},
	}
}

// as makes Publish store v.
func as(v video.Video) func(video.Upload, int64) (video.Video, error) {
	return func(video.Upload, int64) (video.Video, error) { return v, nil }
}

// beginUpload stores u, whatever the time is.
func beginUpload(ctx context.Context, s Store, u video.Upload, allowed video.Allowance) error {
	_, err := s.Begin(ctx, u.AuthorID, allowed, func(int64) video.Upload { return u })
	return err
}

func begin(ctx context.Context, t *testing.T, s Store, u video.Upload) {
	t.Helper()
	if err := beginUpload(ctx, s, u, open(1_000)); err != nil {
		t.Fatalf("begin %d: %v", u.VideoID, err)
	}
}

// publish begins an upload and publishes it as v.
func publish(ctx context.Context, t *testing.T, s Store, v video.Video) video.Video {
	t.Helper()
	begin(ctx, t, s, upload(v.ID, v.AuthorID))
	stored, err := s.Publish(ctx, v.ID, as(v))
	if err != nil {
		t.Fatalf("publish %d: %v", v.ID, err)
	}
	return stored
}

// show publishes a video and makes it ready. Both times are those of v, unless they
// are taken.
func show(ctx context.Context, t *testing.T, s Store, v video.Video) video.Video {
	t.Helper()
	wanted := v.PublishedAtMs
	publish(ctx, t, s, v)
	change(ctx, t, s, v.ID, func(c *video.Lifecycle) {
		c.Job = nil
		c.Video.State, c.Video.ShownAtMs, c.Video.Attempt = video.StateReady, wanted, 1
		c.Video.Version++
		c.Event = video.EventReady
	})
	return look(ctx, t, s, v.ID).Video
}

// change changes the lifecycle of an existing video.
func change(ctx context.Context, t *testing.T, s Store, id int64, how func(*video.Lifecycle)) {
	t.Helper()
	if err := s.UpdateLifecycle(ctx, id, func(c *video.Lifecycle) error { how(c); return nil }); err != nil {
		t.Fatalf("change %d: %v", id, err)
	}
}

// look reads the lifecycle of a video.
func look(ctx context.Context, t *testing.T, s Store, id int64) video.Lifecycle {
	t.Helper()
	var seen video.Lifecycle
	change(ctx, t, s, id, func(c *video.Lifecycle) { seen = *c })
	return seen
}

func wantError(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("error is %v, want %v", got, want)
	}
}

func idsOf(videos []video.Video) []int64 {
	ids := make([]int64, 0, len(videos))
	for _, v := range videos {
		ids = append(ids, v.ID)
	}
	return ids
}

func wantIDs(t *testing.T, videos []video.Video, err error, want ...int64) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if got := idsOf(videos); !slices.Equal(got, want) {
		t.Fatalf("videos %v, want %v", got, want)
	}
}

// wantCounterEqualsSet checks the invariant of the works counters.
func wantCounterEqualsSet(ctx context.Context, t *testing.T, s Store, authors ...int64) {
	t.Helper()
	works, err := s.Works(ctx, authors)
	if err != nil {
		t.Fatal(err)
	}
	for _, author := range authors {
		videos, err := s.ByAuthor(ctx, author, video.Latest, 10_000, false)
		if err != nil {
			t.Fatal(err)
		}
		if works[author] != int64(len(videos)) {
			t.Errorf("author %d: counter %d, videos %d", author, works[author], len(videos))
		}
	}
}

// wantGone checks that an upload has no row.
func wantGone(ctx context.Context, t *testing.T, s Store, id int64) {
	t.Helper()
	_, err := s.Change(ctx, id, func(*video.Upload, int64) error { return nil })
	wantError(t, err, video.ErrUploadUnknown)
}
