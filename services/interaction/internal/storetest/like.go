package storetest

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

func like(t *testing.T, s Store, user, video int64, liked bool, at time.Time) bool {
	t.Helper()
	changed, err := SetLike(t.Context(), s, interaction.LikeChange{
		UserID: user, VideoID: video, AuthorID: author, Liked: liked, At: at,
	})
	if err != nil {
		t.Fatalf("SetLike(%d, %d, %t): %v", user, video, liked, err)
	}
	return changed
}

func likedOnce(t *testing.T, s Store) {
	for i, wantChanged := range []bool{true, false, false} {
		if got := like(t, s, 99, 7, true, epoch()); got != wantChanged {
			t.Errorf("like %d: changed %t", i, got)
		}
	}
	wantVideo(t, s, interaction.VideoStats{VideoID: 7, Likes: 1, Liked: true})
	wantUser(t, s, interaction.UserStats{UserID: 99, Given: 1})
	wantUser(t, s, interaction.UserStats{UserID: author, Received: 1})
	for i, wantChanged := range []bool{true, false} {
		if got := like(t, s, 99, 7, false, epoch()); got != wantChanged {
			t.Errorf("unlike %d: changed %t", i, got)
		}
	}
	wantVideo(t, s, interaction.VideoStats{VideoID: 7})
	wantUser(t, s, interaction.UserStats{UserID: author})
	if !like(t, s, 99, 7, true, epoch()) {
		t.Error("a like after an unlike changed nothing")
	}
	wantVideo(t, s, interaction.VideoStats{VideoID: 7, Likes: 1, Liked: true})
}

func unlikeFirst(t *testing.T, s Store) {
	if like(t, s, 1, 7, false, epoch()) {
		t.Error("changed without a like")
	}
	wantVideo(t, s, interaction.VideoStats{VideoID: 7})
	wantUser(t, s, interaction.UserStats{UserID: 1})
}

func ownVideo(t *testing.T, s Store) {
	like(t, s, author, 7, true, epoch())
	wantUser(t, s, interaction.UserStats{UserID: author, Given: 1, Received: 1})
	like(t, s, author, 7, false, epoch())
	wantUser(t, s, interaction.UserStats{UserID: author})
}

func likedPaging(t *testing.T, s Store) {
	// Three likes share each time, so that the id has to break ties.
	var want []int64
	for i := range int64(9) {
		like(t, s, 1, 10+i, true, epoch().Add(time.Duration(i/3)*time.Second))
		want = append(want, 10+i)
	}
	like(t, s, 99, 12, true, epoch())
	slices.Reverse(want)
	var got []int64
	var after interaction.Cursor
	for {
		page, err := s.ListLiked(t.Context(), interaction.LikedQuery{UserID: 1, ViewerID: 99, After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			got = append(got, e.VideoID)
			wantLikes := int64(1)
			if e.VideoID == 12 {
				wantLikes = 2
			}
			if e.AuthorID != author || e.Likes != wantLikes || e.Liked != (e.VideoID == 12) {
				t.Errorf("entry %+v", e)
			}
		}
		after = page[len(page)-1].Cursor
	}
	if !slices.Equal(got, want) {
		t.Errorf("liked are %v, want %v", got, want)
	}
}

func likeSet(t *testing.T, s Store) {
	for _, video := range []int64{30, 10, 20, 40} {
		like(t, s, 1, video, true, epoch())
	}
	like(t, s, 1, 40, false, epoch())
	got, err := s.LikeSet(t.Context(), 1, 10)
	if err != nil || !slices.Equal(got, []int64{10, 20, 30}) {
		t.Errorf("set is %v, %v", got, err)
	}
	if got, err = s.LikeSet(t.Context(), 1, 2); err != nil || !slices.Equal(got, []int64{10, 20}) {
		t.Errorf("limited set is %v, %v", got, err)
	}
}

// concurrentLikes changes likes of a few users for each other's videos at random
// from many goroutines.
func concurrentLikes(t *testing.T, s Store) {
	authorOf := func(video int64) int64 { return video - 100 }
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			for range 30 {
				user, video := rand.Int64N(5)+1, rand.Int64N(5)+101
				_, err := SetLike(t.Context(), s, interaction.LikeChange{
					UserID: user, VideoID: video, AuthorID: authorOf(video), Liked: rand.IntN(2) == 0, At: epoch(),
				})
				if err != nil {
					t.Errorf("SetLike: %v", err)
				}
			}
		})
	}
	group.Wait()
	given, received := map[int64]int64{}, map[int64]int64{}
	likes := map[int64]int64{}
	for user := int64(1); user <= 5; user++ {
		set, err := s.LikeSet(t.Context(), user, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, video := range set {
			given[user]++
			likes[video]++
			received[authorOf(video)]++
		}
	}
	for user := int64(1); user <= 5; user++ {
		wantUser(t, s, interaction.UserStats{UserID: user, Given: given[user], Received: received[user]})
		wantVideo(t, s, interaction.VideoStats{VideoID: user + 100, Likes: likes[user+100]})
	}
}
