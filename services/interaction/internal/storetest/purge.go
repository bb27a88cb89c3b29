package storetest

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// markVideoDeleted marks a video as deleted several times, like repeated
// deliveries of the event.
func markVideoDeleted(t *testing.T, s Store, video int64, times int) {
	t.Helper()
	for range times {
		if err := s.MarkVideoDeleted(t.Context(), video, epoch()); err != nil {
			t.Fatalf("MarkVideoDeleted(%d): %v", video, err)
		}
	}
}

// purgeAll purges until nothing is left and returns the results of the batches.
func purgeAll(t *testing.T, s Store, limit int) []interaction.PurgeResult {
	t.Helper()
	var batches []interaction.PurgeResult
	for {
		purged, err := s.PurgeBatch(t.Context(), 0, limit, epoch().Add(time.Minute))
		if err != nil {
			t.Fatalf("PurgeBatch: %v", err)
		}
		if purged.VideoID == 0 {
			return batches
		}
		if len(purged.Unliked) > limit {
			t.Errorf("%d likes ended in a batch of %d", len(purged.Unliked), limit)
		}
		batches = append(batches, purged)
	}
}

func purgeEndsAll(t *testing.T, s Store) {
	for user := int64(1); user <= 5; user++ {
		like(t, s, user, 7, true, epoch())
	}
	like(t, s, 2, 7, false, epoch())
	like(t, s, author, 7, true, epoch()) // the author's own
	like(t, s, 1, 8, true, epoch())      // another video
	for id := int64(11); id <= 15; id++ {
		post(t, s, id, 7, "")
	}
	post(t, s, 20, 8, "")
	markVideoDeleted(t, s, 7, 2)

	var unliked []int64
	for _, batch := range purgeAll(t, s, 2) {
		if batch.VideoID != 7 || (len(batch.Unliked) > 0 && batch.AuthorID != author) {
			t.Errorf("batch %+v", batch)
		}
		unliked = append(unliked, batch.Unliked...)
	}
	slices.Sort(unliked)
	if want := []int64{1, 3, 4, 5, author}; !slices.Equal(unliked, want) {
		t.Errorf("the likes of %v ended, want %v", unliked, want)
	}
	wantVideo(t, s, interaction.VideoStats{VideoID: 7})
	wantVideo(t, s, interaction.VideoStats{VideoID: 8, Likes: 1, Comments: 1})
	wantUser(t, s, interaction.UserStats{UserID: 1, Given: 1})
	wantUser(t, s, interaction.UserStats{UserID: 2})
	wantUser(t, s, interaction.UserStats{UserID: author, Received: 1})
	if comments, err := s.ListComments(t.Context(), 7, 0, 10); err != nil || len(comments) > 0 {
		t.Errorf("left are comments %+v, %v", comments, err)
	}
	if set, err := s.LikeSet(t.Context(), 1, 10); err != nil || !slices.Equal(set, []int64{8}) {
		t.Errorf("user 1 still likes %v, %v", set, err)
	}
	if found, err := s.Comment(t.Context(), 11); err != nil || !found.Deleted || found.Content != "" {
		t.Errorf("a purged comment is %+v, %v", found, err)
	}
	markVideoDeleted(t, s, 7, 1) // a late delivery
	if again := purgeAll(t, s, 2); len(again) > 0 {
		t.Errorf("purged again: %+v", again)
	}
}

func deletedRefuses(t *testing.T, s Store) {
	like(t, s, 1, 7, true, epoch())
	like(t, s, 2, 7, true, epoch())
	like(t, s, 3, 7, true, epoch())
	like(t, s, 3, 7, false, epoch())
	first, second := post(t, s, 11, 7, "r1"), post(t, s, 12, 7, "")
	markVideoDeleted(t, s, 7, 1)
	markVideoDeleted(t, s, 8, 1) // nobody ever liked this one
	refused := func(user, video int64) {
		t.Helper()
		changed, err := SetLike(t.Context(), s, interaction.LikeChange{UserID: user, VideoID: video, AuthorID: author, Liked: true, At: epoch()})
		if changed || !errors.Is(err, interaction.ErrVideoUnknown) {
			t.Errorf("a like of user %d for video %d: changed %t, %v", user, video, changed, err)
		}
		if _, err := AddComment(t.Context(), s, interaction.Comment{
			ID: video*100 + user, VideoID: video, AuthorID: author, UserID: user, Content: "late", CreatedAt: epoch(),
		}); !errors.Is(err, interaction.ErrVideoUnknown) {
			t.Errorf("a comment of user %d on video %d: %v", user, video, err)
		}
		if _, err := s.Comment(t.Context(), video*100+user); !errors.Is(err, interaction.ErrCommentUnknown) {
			t.Errorf("the refused comment exists: %v", err)
		}
	}
	refused(3, 7)
	refused(4, 7)
	refused(4, 8)
	wantVideo(t, s, interaction.VideoStats{VideoID: 7, Likes: 2, Comments: 2})
	wantVideo(t, s, interaction.VideoStats{VideoID: 8})
	wantUser(t, s, interaction.UserStats{UserID: 4})
	wantUser(t, s, interaction.UserStats{UserID: author, Received: 2})

	// Until the purge, existing likes and comments can be removed as before.
	if !like(t, s, 1, 7, false, epoch()) || like(t, s, 1, 7, false, epoch()) {
		t.Error("an unlike did not end the like exactly once")
	}
	if changed, err := DeleteComment(t.Context(), s, first); err != nil || !changed {
		t.Errorf("deleting a comment: %t, %v", changed, err)
	}
	wantVideo(t, s, interaction.VideoStats{VideoID: 7, Likes: 1, Comments: 1})
	purgeAll(t, s, 10)
	refused(2, 7)
	wantVideo(t, s, interaction.VideoStats{VideoID: 7})
	wantUser(t, s, interaction.UserStats{UserID: author})
	if changed, err := DeleteComment(t.Context(), s, second); err != nil || changed {
		t.Errorf("deleting a purged comment: %t, %v", changed, err)
	}
	if like(t, s, 2, 7, false, epoch()) {
		t.Error("an unlike after the purge changed something")
	}
}

func countedVideos(t *testing.T, s Store) {
	like(t, s, 1, 7, true, epoch())
	like(t, s, 1, 8, true, epoch())
	like(t, s, 1, 8, false, epoch())
	post(t, s, 11, 9, "")
	like(t, s, 1, 10, true, epoch())
	like(t, s, 2, 12, true, epoch())
	markVideoDeleted(t, s, 10, 1)
	for _, c := range []struct {
		after int64
		limit int
		want  []int64
	}{{0, 10, []int64{7, 9, 12}}, {0, 2, []int64{7, 9}}, {7, 2, []int64{9, 12}}, {12, 2, nil}} {
		if got, err := s.Counted(t.Context(), c.after, c.limit); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("after %d: %v, %v; want %v", c.after, got, err, c.want)
		}
	}
}

func purgesInTurn(t *testing.T, s Store) {
	for video := int64(7); video <= 9; video++ {
		like(t, s, 1, video, true, epoch())
		markVideoDeleted(t, s, video, 1)
	}
	for fromID, want := range map[int64]int64{0: 7, 7: 7, 9: 9, 10: 0} {
		purged, err := s.PurgeBatch(t.Context(), fromID, 10, epoch())
		if err != nil || purged.VideoID != want {
			t.Errorf("from %d: %+v, %v", fromID, purged, err)
		}
	}
	purgeAll(t, s, 10)
	wantUser(t, s, interaction.UserStats{UserID: 1})
}

// concurrentPurges deletes one video after the other while a few users like,
// unlike and comment on all of them, and several purgers run.
func concurrentPurges(t *testing.T, s Store) {
	const users, videos = 6, 4
	var acting, purging sync.WaitGroup
	for worker := range int64(8) {
		acting.Go(func() {
			for n := range int64(40) {
				user, video := rand.Int64N(users)+1, rand.Int64N(videos)+101
				_, err := SetLike(t.Context(), s, interaction.LikeChange{
					UserID: user, VideoID: video, AuthorID: video - 100, Liked: rand.IntN(3) > 0, At: epoch(),
				})
				if err != nil && !errors.Is(err, interaction.ErrVideoUnknown) {
					t.Errorf("SetLike: %v", err)
				}
				comment, err := AddComment(t.Context(), s, interaction.Comment{
					ID: worker*1000 + n + 1, VideoID: video, AuthorID: video - 100, UserID: user, Content: "x", CreatedAt: epoch(),
				})
				if err != nil && !errors.Is(err, interaction.ErrVideoUnknown) {
					t.Errorf("AddComment: %v", err)
				}
				if err == nil && n%3 == 0 {
					if _, err := DeleteComment(t.Context(), s, comment); err != nil {
						t.Errorf("DeleteComment: %v", err)
					}
				}
				if n == worker*10+5 && worker < videos { // one video after the other
					if err := s.MarkVideoDeleted(t.Context(), 101+worker, epoch()); err != nil {
						t.Errorf("MarkVideoDeleted: %v", err)
					}
				}
			}
		})
	}
	over := make(chan struct{})
	for range 3 {
		purging.Go(func() {
			for {
				if _, err := s.PurgeBatch(t.Context(), 0, 2, epoch()); err != nil {
					t.Errorf("PurgeBatch: %v", err)
				}
				select {
				case <-over:
					return
				default:
				}
			}
		})
	}
	acting.Wait()
	close(over)
	purging.Wait()
	purgeAll(t, s, 2)
	for video := int64(101); video <= 100+videos; video++ {
		wantVideo(t, s, interaction.VideoStats{VideoID: video})
		if comments, err := s.ListComments(t.Context(), video, 0, 1); err != nil || len(comments) > 0 {
			t.Errorf("video %d has comments %+v, %v", video, comments, err)
		}
	}
	for user := int64(1); user <= users; user++ {
		wantUser(t, s, interaction.UserStats{UserID: user})
		if set, err := s.LikeSet(t.Context(), user, videos); err != nil || len(set) > 0 {
			t.Errorf("user %d still likes %v, %v", user, set, err)
		}
	}
}
