package interaction_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

var errBroken = errors.New("broken")

// purges fails for some videos and counts its batches.
type purges struct {
	*fake.Store
	broken  []int64
	down    bool
	batches atomic.Int64
}

func (p *purges) MarkVideoDeleted(ctx context.Context, videoID int64, at time.Time) error {
	if p.down {
		return errBroken
	}
	return p.Store.MarkVideoDeleted(ctx, videoID, at)
}

func (p *purges) PurgeBatch(ctx context.Context, fromID int64, limit int, at time.Time) (interaction.PurgeResult, error) {
	p.batches.Add(1)
	if p.down {
		return interaction.PurgeResult{}, errBroken
	}
	for _, id := range p.broken {
		if id >= fromID {
			return interaction.PurgeResult{VideoID: id}, errBroken
		}
	}
	return p.Store.PurgeBatch(ctx, fromID, limit, at)
}

// harness is the service with its purger, on shared fakes.
type harness struct {
	*interaction.Service
	purger *interaction.Purger
	purges *purges
	videos *fake.Videos
}

func newHarness() *harness {
	s, store, videos := service()
	p := &purges{Store: store}
	return &harness{Service: s, purges: p, videos: videos, purger: interaction.NewPurger(interaction.PurgerPorts{
		Purges: p, Authors: videos, Owner: videos, Hot: s.Hot, Clock: func() time.Time { return time.UnixMilli(1_000) }, Log: slog.New(slog.DiscardHandler),
	})}
}

func (d *harness) deleted(t *testing.T, videoIDs ...int64) {
	t.Helper()
	for _, id := range videoIDs {
		if err := d.purger.VideoDeleted(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *harness) likes(t *testing.T, userID int64) int {
	t.Helper()
	set, err := d.LikeSet(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	return len(set.VideoIDs)
}

func TestADeletedVideoLosesItsLikesAndComments(t *testing.T) {
	d := newHarness()
	const users = 450 // more than two batches
	for user := int64(1); user <= users; user++ {
		if _, err := d.SetLike(t.Context(), user, video, true); err != nil {
			t.Fatal(err)
		}
		if _, err := d.PostComment(t.Context(), user, video, "x", ""); err != nil {
			t.Fatal(err)
		}
		d.likes(t, user) // stores the document
	}
	if _, _, err := d.Lookup(t.Context(), nil, []int64{author}, 0); err != nil {
		t.Fatal(err)
	}
	d.deleted(t, video, video)
	if _, err := d.SetLike(t.Context(), 1, video, true); !errors.Is(err, interaction.ErrVideoUnknown) {
		t.Errorf("a like of the deleted video: %v", err)
	}
	// 3 batches of likes, 3 of comments, and one that finds nothing.
	if batches, err := d.purger.Purge(t.Context()); err != nil || batches != 7 {
		t.Errorf("%d batches, %v", batches, err)
	}
	for user := int64(1); user <= users; user++ {
		if n := d.likes(t, user); n > 0 {
			t.Fatalf("user %d still likes %d videos", user, n)
		}
	}
	if _, found, err := d.Lookup(t.Context(), nil, []int64{author}, 0); err != nil || found[0].Received != 0 {
		t.Errorf("the author has %+v, %v", found, err)
	}
	if page, err := d.ListComments(t.Context(), video, 0, 0, true); err != nil || len(page.Comments) > 0 {
		t.Errorf("comments %+v, %v", page, err)
	}
	if n := d.purges.Events(); n != 4*users {
		t.Errorf("%d events, want one for each like and comment and for each end", n)
	}
	d.deleted(t, video) // a late delivery
	if batches, err := d.purger.Purge(t.Context()); err != nil || batches != 0 {
		t.Errorf("after a late delivery: %d batches, %v", batches, err)
	}
}

// The author of a deleted video may still be cached on another replica.
func TestADeletedVideoIsRefusedEvenIfItIsCached(t *testing.T) {
	d := newHarness()
	d.deleted(t, video)
	d.videos.Authors[video] = author
	if _, err := d.SetLike(t.Context(), 1, video, true); !errors.Is(err, interaction.ErrVideoUnknown) {
		t.Errorf("a like: %v", err)
	}
	if _, err := d.PostComment(t.Context(), 1, video, "x", "r"); !errors.Is(err, interaction.ErrVideoUnknown) {
		t.Errorf("a comment: %v", err)
	}
	if _, err := d.SetLike(t.Context(), 1, video, false); err != nil {
		t.Errorf("an unlike without a like: %v", err)
	}
	if n := d.purges.Events(); n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestVideoDeletedRefuses(t *testing.T) {
	d := newHarness()
	for _, id := range []int64{0, -1} {
		if err := d.purger.VideoDeleted(t.Context(), id); !errors.Is(err, interaction.ErrIDInvalid) {
			t.Errorf("video %d: %v", id, err)
		}
	}
	d.purges.down = true
	if err := d.purger.VideoDeleted(t.Context(), video); !errors.Is(err, errBroken) {
		t.Errorf("while the database is down: %v", err)
	}
	if batches, err := d.purger.Purge(t.Context()); batches != 0 || !errors.Is(err, errBroken) || d.purges.batches.Load() != 1 {
		t.Errorf("%d batches, %v, %d tried", batches, err, d.purges.batches.Load())
	}
}

// A video whose purge fails does not delay other videos.
func TestAFailedPurgeIsRepeatedLater(t *testing.T) {
	d := newHarness()
	for _, id := range []int64{video, otherVideo} {
		if _, err := d.SetLike(t.Context(), 1, id, true); err != nil {
			t.Fatal(err)
		}
	}
	d.deleted(t, video, otherVideo)
	d.purges.broken = []int64{video}
	if batches, err := d.purger.Purge(t.Context()); batches != 2 || !errors.Is(err, errBroken) {
		t.Errorf("%d batches, %v", batches, err)
	}
	if set, err := d.LikeSet(t.Context(), 1); err != nil || !slices.Equal(set.VideoIDs, []int64{video}) {
		t.Errorf("left is %v, %v", set, err)
	}
	d.purges.broken = nil
	if batches, err := d.purger.Purge(t.Context()); batches != 2 || err != nil {
		t.Errorf("%d batches, %v", batches, err)
	}
	if n := d.likes(t, 1); n != 0 {
		t.Errorf("%d likes are left", n)
	}
}

func TestRunPurgesWhenWokenAndAtIntervals(t *testing.T) {
	d := newHarness()
	ctx, stop := context.WithCancel(t.Context())
	run := func(interval time.Duration) (ended chan error) {
		ended = make(chan error, 1)
		go func() { ended <- d.purger.Run(ctx, interval) }()
		return ended
	}
	stats := func(videoID int64) interaction.VideoStats {
		found, err := d.Stats.VideoStats(t.Context(), []int64{videoID}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return found[0]
	}
	like := func(videoID int64) {
		if _, err := d.SetLike(t.Context(), 1, videoID, true); err != nil {
			t.Fatal(err)
		}
	}
	like(video)
	like(otherVideo)
	ended := run(time.Hour)
	sqltest.Eventually(t, "Run purges once at its start", func() bool { return d.purges.batches.Load() > 0 })
	d.deleted(t, video)
	sqltest.Eventually(t, "the woken purger ends the like", func() bool { return stats(video).Likes == 0 })
	stop()
	wantEnd(t, ended)

	ctx, stop = context.WithCancel(t.Context())
	ended = run(time.Millisecond)
	// Like the event on another replica, which wakes only its own purger.
	if err := d.purges.MarkVideoDeleted(t.Context(), otherVideo, time.UnixMilli(1_000)); err != nil {
		t.Fatal(err)
	}
	sqltest.Eventually(t, "the purger looks again and ends the like", func() bool { return stats(otherVideo).Likes == 0 })
	stop()
	wantEnd(t, ended)
}

func wantEnd(t *testing.T, ended <-chan error) {
	t.Helper()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("Run returned %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the purger still runs after its context ended")
	}
}
