// Package storetest is the conformance suite of the stores of the interaction
// service. It runs on the fake and on a real database, so that both behave the
// same.
package storetest

import (
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// Store combines the storage ports of the service.
type Store interface {
	interaction.Batches
	interaction.Likes
	interaction.Comments
	interaction.Stats
	interaction.Purges
}

// Run runs the suite. open returns an empty store that is closed with the test.
func Run(t *testing.T, open func(t *testing.T) Store) {
	tests := map[string]func(*testing.T, Store){
		"a repeated like counts once":                      likedOnce,
		"an unlike without a like changes nothing":         unlikeFirst,
		"liking one's own video":                           ownVideo,
		"liked videos are paged newest first without gaps": likedPaging,
		"a like set is ascending and limited":              likeSet,
		"counts equal rows after concurrent likes":         concurrentLikes,
		"a comment is read as it was written":              commentRoundTrip,
		"one comment per request id":                       commentOncePerRequest,
		"a comment is deleted once":                        commentDeletedOnce,
		"comments are paged newest first without gaps":     commentPaging,
		"an unknown comment is unknown":                    commentUnknown,
		"counts equal rows after concurrent comments":      concurrentComments,
		"a purge ends all likes and comments of a video":   purgeEndsAll,
		"a deleted video refuses likes and comments":       deletedRefuses,
		"videos are purged in ascending order of their id": purgesInTurn,
		"videos with likes or comments are counted":        countedVideos,
		"nothing is left of videos deleted under load":     concurrentPurges,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC) }

// author is the author of all videos of the suite.
const author = 500

// wantVideo compares the stats of one video for the viewer 99.
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
