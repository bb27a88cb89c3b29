// Package storetest is what any store of the interaction service must do. It
// runs on the fake and on a real database, so that tests on the fake mean
// something.
package storetest

import (
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// Store is all that the service stores.
type Store interface {
	interaction.Likes
	interaction.Comments
	interaction.Stats
	interaction.Purges
}

// Run runs the suite; open gives an empty store that ends with the test.
func Run(t *testing.T, open func(t *testing.T) Store) {
	tests := map[string]func(*testing.T, Store){
		"a like counts once, however often it is asked for": likedOnce,
		"an unlike without a like changes nothing":          unlikeFirst,
		"liking one's own video":                            ownVideo,
		"what a user likes, newest first, without a gap":    likedPaging,
		"a like set is ascending and limited":               likeSet,
		"counts equal sets after a storm of likes":          likeStorm,
		"a comment comes back as it went in":                commentRoundTrip,
		"one comment per request id":                        commentOncePerRequest,
		"a comment is deleted once":                         commentDeletedOnce,
		"comments come newest first and page without a gap": commentPaging,
		"an unknown comment is unknown":                     commentUnknown,
		"counts equal sets after a storm of comments":       commentStorm,
		"a purge ends all likes and comments of a video":    purgeEndsAll,
		"a video that is gone takes no like and no comment": deletedRefuses,
		"purges are taken by ascending id":                  purgesInTurn,
		"nothing is left of videos deleted in a storm":      purgeStorm,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC) }

// author is whose the videos of the suite are.
const author = 500

// wantVideo compares the facts of one video as the viewer 99 sees it.
func wantVideo(t *testing.T, s Store, want interaction.VideoStats) {
	t.Helper()
	found, err := s.VideoStats(t.Context(), []int64{want.VideoID}, 99)
	if err != nil {
		t.Fatal(err)
	}
	got := interaction.VideoStats{VideoID: want.VideoID}
	if len(found) > 0 {
		got = found[0]
	}
	if got != want {
		t.Errorf("stats are %+v, want %+v", got, want)
	}
}

func wantUser(t *testing.T, s Store, want interaction.UserStats) {
	t.Helper()
	found, err := s.UserStats(t.Context(), []int64{want.UserID})
	if err != nil {
		t.Fatal(err)
	}
	got := interaction.UserStats{UserID: want.UserID}
	if len(found) > 0 {
		got = found[0]
	}
	if got != want {
		t.Errorf("stats are %+v, want %+v", got, want)
	}
}
