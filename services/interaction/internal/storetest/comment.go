package storetest

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

func post(t *testing.T, s Store, id, video int64, requestID string) interaction.Comment {
	t.Helper()
	comment, err := AddComment(t.Context(), s, interaction.Comment{
		ID: id, VideoID: video, AuthorID: author, UserID: 1,
		Content: "你好 👋 first\nsecond", RequestID: requestID, CreatedAt: epoch(),
	})
	if err != nil {
		t.Fatalf("AddComment(%d): %v", id, err)
	}
	return comment
}

func commentRoundTrip(t *testing.T, s Store) {
	posted := post(t, s, 11, 7, "r1")
	found, err := s.Comment(t.Context(), 11)
	if err != nil || found != posted {
		t.Errorf("found %+v, %v; posted %+v", found, err, posted)
	}
	wantVideo(t, s, interaction.VideoStats{VideoID: 7, Comments: 1})
}

func commentOncePerRequest(t *testing.T, s Store) {
	first := post(t, s, 11, 7, "r1")
	if again := post(t, s, 12, 7, "r1"); again != first {
		t.Errorf("the repeated request returned %+v", again)
	}
	post(t, s, 13, 7, "")
	post(t, s, 14, 7, "")
	wantVideo(t, s, interaction.VideoStats{VideoID: 7, Comments: 3})
	other, err := AddComment(t.Context(), s, interaction.Comment{
		ID: 15, VideoID: 7, AuthorID: author, UserID: 2, Content: "mine", RequestID: "r1", CreatedAt: epoch(),
	})
	if err != nil || other.ID != 15 {
		t.Errorf("another user's use of the request id counted: %+v, %v", other, err)
	}
}

func commentDeletedOnce(t *testing.T, s Store) {
	comment := post(t, s, 11, 7, "")
	for i, wantChanged := range []bool{true, false} {
		if changed, err := DeleteComment(t.Context(), s, comment); err != nil || changed != wantChanged {
			t.Errorf("deletion %d: %t, %v", i, changed, err)
		}
	}
	wantVideo(t, s, interaction.VideoStats{VideoID: 7})
	found, err := s.Comment(t.Context(), 11)
	if err != nil || !found.Deleted || found.Content != "" || found.UserID != comment.UserID {
		t.Errorf("the deleted comment is %+v, %v", found, err)
	}
	if comments, err := s.ListComments(t.Context(), 7, 0, 10); err != nil || len(comments) > 0 {
		t.Errorf("the list still shows %v, %v", comments, err)
	}
}

func commentPaging(t *testing.T, s Store) {
	var want []int64
	for id := int64(20); id > 10; id-- {
		post(t, s, id, 7, "")
		want = append(want, id)
	}
	post(t, s, 30, 8, "")
	var got []int64
	var before int64
	for {
		page, err := s.ListComments(t.Context(), 7, before, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			got = append(got, c.ID)
		}
		before = page[len(page)-1].ID
	}
	if !slices.Equal(got, want) {
		t.Errorf("comments are %v, want %v", got, want)
	}
}

func commentUnknown(t *testing.T, s Store) {
	if _, err := s.Comment(t.Context(), 404); !errors.Is(err, interaction.ErrCommentUnknown) {
		t.Errorf("found %v", err)
	}
}

func concurrentComments(t *testing.T, s Store) {
	var group sync.WaitGroup
	for worker := range int64(8) {
		group.Go(func() {
			for n := range int64(10) {
				comment, err := AddComment(t.Context(), s, interaction.Comment{
					ID: worker*100 + n + 1, VideoID: 7, AuthorID: author, UserID: worker + 1, Content: "x", CreatedAt: epoch(),
				})
				if err != nil {
					t.Errorf("AddComment: %v", err)
				}
				if n%2 == 0 {
					if _, err := DeleteComment(t.Context(), s, comment); err != nil {
						t.Errorf("DeleteComment: %v", err)
					}
				}
			}
		})
	}
	group.Wait()
	wantVideo(t, s, interaction.VideoStats{VideoID: 7, Comments: 40})
}
