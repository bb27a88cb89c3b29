package interaction_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// The event of a deleted video may be lost or discarded. Its likes are found anyway.
func TestADeletedVideoWithoutAnEventIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newHarness()
		ctx, stop := context.WithCancel(t.Context())
		for user := int64(1); user <= 3; user++ {
			for _, id := range []int64{video, otherVideo} {
				if _, err := d.SetLike(ctx, user, id, true); err != nil {
					t.Fatal(err)
				}
			}
		}
		delete(d.videos.Authors, video) // its event does not arrive
		ended := make(chan error, 2)
		go func() { ended <- d.purger.Run(ctx, time.Hour) }()
		go func() { ended <- d.purger.RunReconciler(ctx, time.Minute) }()
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		stop()
		wantEnd(t, ended)
		wantEnd(t, ended)
		for user := int64(1); user <= 3; user++ {
			if n := d.likes(t, user); n != 1 {
				t.Errorf("user %d likes %d videos, want the one that exists", user, n)
			}
		}
		if _, found, err := d.Lookup(t.Context(), nil, []int64{author}, 0); err != nil || found[0].Received != 3 {
			t.Errorf("the author has %+v, %v", found, err)
		}
	})
}

// While the owner does not answer, nothing is purged.
func TestOnlyTheOwnerKnowsThatAVideoIsDeleted(t *testing.T) {
	d := newHarness()
	if _, err := d.SetLike(t.Context(), 1, video, true); err != nil {
		t.Fatal(err)
	}
	d.videos.Err = errBroken
	delete(d.videos.Authors, video)
	next, found, err := d.purger.Reconcile(t.Context(), 3)
	if next != 3 || found != 0 || !errors.Is(err, errBroken) {
		t.Errorf("next %d, found %d, %v", next, found, err)
	}
	if batches, err := d.purger.Purge(t.Context()); batches != 0 || err != nil {
		t.Errorf("%d batches, %v", batches, err)
	}
}

// The likes of a viral video end slowly: their events share consumers with the likes
// of everybody else.
func TestAPurgeIsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const users = 1_000
		d := newHarness()
		for user := int64(1); user <= users; user++ {
			if _, err := d.SetLike(t.Context(), user, video, true); err != nil {
				t.Fatal(err)
			}
		}
		d.deleted(t, video)
		began := time.Now()
		if _, err := d.purger.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < users*time.Second/500 {
			t.Errorf("%d likes ended within %v", users, took)
		}
		if found, err := d.Stats.VideoStats(t.Context(), []int64{video}, 1); err != nil || found[0] != (interaction.VideoStats{VideoID: video}) {
			t.Errorf("left is %+v, %v", found, err)
		}
	})
}

// A video with many likes does not delay the purge of another.
func TestVideosArePurgedInTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const users = 5_000 // ten seconds
		d := newHarness()
		for user := int64(1); user <= users; user++ {
			if _, err := d.SetLike(t.Context(), user, video, true); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.SetLike(t.Context(), users+1, otherVideo, true); err != nil {
			t.Fatal(err)
		}
		d.deleted(t, video, otherVideo)
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
		defer stop()
		if _, err := d.purger.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		if n := d.likes(t, users+1); n != 0 {
			t.Error("the other video waits for the first")
		}
	})
}
