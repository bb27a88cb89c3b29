package interaction_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// The videos of these tests and their author.
const (
	video, otherVideo = 70, 71
	author            = 5
)

// clock returns a clock that advances a second with each call.
func clock() func() time.Time {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

func service() (*interaction.Service, *fake.Store, *fake.Videos) {
	store := fake.NewStore()
	videos := &fake.Videos{Authors: map[int64]int64{video: author, otherVideo: author}}
	docs := fake.NewHot()
	return interaction.New(interaction.Ports{
		Writer: fake.Writer{Commit: interaction.Commit(store, docs)},
		Likes:  store, Comments: store, Stats: store,
		Videos: videos, Hot: docs, IDs: &fake.IDs{}, Clock: clock(), TraceParent: fake.NoTrace,
	}), store, videos
}

func TestSetLikeRefuses(t *testing.T) {
	down := errs.New(errs.Unavailable, "", "")
	for name, c := range map[string]struct {
		user, video int64
		videosErr   error
		want        error
	}{
		"an unknown video":   {1, 404, nil, interaction.ErrVideoUnknown},
		"video 0":            {1, 0, nil, interaction.ErrIDInvalid},
		"a negative video":   {1, -1, nil, interaction.ErrIDInvalid},
		"user 0":             {0, video, nil, interaction.ErrIDInvalid},
		"video service down": {1, video, down, down},
	} {
		t.Run(name, func(t *testing.T) {
			s, store, videos := service()
			videos.Err = c.videosErr
			if changed, err := s.SetLike(t.Context(), c.user, c.video, true); changed || !errors.Is(err, c.want) {
				t.Errorf("changed %t, error %v; want %v", changed, err, c.want)
			}
			if store.Events() > 0 {
				t.Error("a refused call changed something")
			}
		})
	}
}

func TestLikeIsVisibleAtOnceThroughHotDocuments(t *testing.T) {
	s, _, _ := service()
	ctx := t.Context()
	count := func(user int64) interaction.UserStats {
		_, users, err := s.Lookup(ctx, nil, []int64{user}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return users[0]
	}
	if _, err := s.LikeSet(ctx, 1); err != nil {
		t.Fatal(err)
	}
	count(1)
	count(author) // now all three documents exist
	for _, liked := range []bool{true, true, false, true} {
		if _, err := s.SetLike(ctx, 1, video, liked); err != nil {
			t.Fatal(err)
		}
		want := int64(0)
		if liked {
			want = 1
		}
		set, err := s.LikeSet(ctx, 1)
		if err != nil || int64(len(set.VideoIDs)) != want {
			t.Errorf("after %t the set is %v, %v", liked, set, err)
		}
		if given, received := count(1).Given, count(author).Received; given != want || received != want {
			t.Errorf("after %t: %d given, %d received", liked, given, received)
		}
	}
}

func TestListLikedPages(t *testing.T) {
	s, _, _ := service()
	for _, v := range []int64{video, otherVideo} {
		if _, err := s.SetLike(t.Context(), 1, v, true); err != nil {
			t.Fatal(err)
		}
	}
	first, err := s.ListLiked(t.Context(), interaction.LikedQuery{UserID: 1, ViewerID: 1, Limit: 1}, "", true)
	if err != nil || len(first.Videos) != 1 || first.Videos[0].VideoID != otherVideo || !first.Videos[0].Liked {
		t.Fatalf("first page %+v, %v", first, err)
	}
	if want := []interaction.UserStats{{UserID: author, Received: 2}}; !slices.Equal(first.Authors, want) {
		t.Errorf("authors %+v", first.Authors)
	}
	second, err := s.ListLiked(t.Context(), interaction.LikedQuery{UserID: 1, Limit: 1}, first.NextCursor, true)
	if err != nil || len(second.Videos) != 1 || second.Videos[0].VideoID != video || second.NextCursor != "" {
		t.Fatalf("second page %+v, %v", second, err)
	}
	if _, err := s.ListLiked(t.Context(), interaction.LikedQuery{UserID: 1, Limit: 1}, "no cursor", true); !errors.Is(err, interaction.ErrCursor) {
		t.Errorf("bad cursor: %v", err)
	}
}

func TestCommentText(t *testing.T) {
	for text, want := range map[string]string{
		"hello":                       "hello",
		"  hello\n":                   "hello",
		"a\nb\tc":                     "a\nb\tc",
		strings.Repeat("好", 500):      strings.Repeat("好", 500),
		"":                            "",
		" \n\t ":                      "",
		strings.Repeat("好", 501):      "",
		"\xff":                        "",
		"a\x00b":                      "",
		"a\x1b[31mb":                  "",
		"<script>alert('x')</script>": "<script>alert('x')</script>",
		"'; DROP TABLE comments; -- ﷽ 👨‍👩‍👧": "'; DROP TABLE comments; -- ﷽ 👨‍👩‍👧",
	} {
		s, store, _ := service()
		comment, err := s.PostComment(t.Context(), 1, video, text, "")
		if want == "" {
			if !errors.Is(err, interaction.ErrCommentInvalid) || store.Events() > 0 {
				t.Errorf("%q: %v with %d events", text, err, store.Events())
			}
			continue
		}
		if err != nil || comment.Content != want || comment.UserID != 1 || comment.ID == 0 {
			t.Errorf("%q: %+v, %v", text, comment, err)
		}
	}
}

func TestPostCommentRefuses(t *testing.T) {
	s, _, _ := service()
	if _, err := s.PostComment(t.Context(), 1, 404, "x", ""); !errors.Is(err, interaction.ErrVideoUnknown) {
		t.Errorf("unknown video: %v", err)
	}
	for _, id := range []string{"with space", "控", strings.Repeat("x", 65), "\n"} {
		if _, err := s.PostComment(t.Context(), 1, video, "x", id); !errors.Is(err, interaction.ErrRequestID) {
			t.Errorf("request id %q: %v", id, err)
		}
	}
}

func TestRepeatedComment(t *testing.T) {
	s, store, _ := service()
	first, err := s.PostComment(t.Context(), 1, video, "x", "r")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.PostComment(t.Context(), 1, video, "x", "r"); err != nil || again.ID != first.ID {
		t.Errorf("the repeated request returned %+v, %v", again, err)
	}
	// The answer must not show the comment under a video it does not belong to.
	if other, err := s.PostComment(t.Context(), 1, otherVideo, "x", "r"); errs.CodeOf(err) != errs.Conflict {
		t.Errorf("under another video: %+v, %v", other, err)
	}
	// The new text would be stored nowhere.
	if other, err := s.PostComment(t.Context(), 1, video, "y", "r"); errs.CodeOf(err) != errs.Conflict {
		t.Errorf("with another text: %+v, %v", other, err)
	}
	if _, err := s.DeleteComment(t.Context(), 1, video, first.ID); err != nil {
		t.Fatal(err)
	}
	if gone, err := s.PostComment(t.Context(), 1, video, "x", "r"); !errors.Is(err, interaction.ErrCommentUnknown) {
		t.Errorf("after its deletion: %+v, %v", gone, err)
	}
	if store.Events() != 2 {
		t.Errorf("%d events, want one for the comment and one for its end", store.Events())
	}
}

func TestDeleteComment(t *testing.T) {
	s, store, _ := service()
	comment, err := s.PostComment(t.Context(), 1, video, "x", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		user, video, comment int64
		want                 error
	}{
		"somebody else's":    {2, video, comment.ID, interaction.ErrNotCommentOwner},
		"the video's author": {author, video, comment.ID, interaction.ErrNotCommentOwner},
		"of another video":   {1, otherVideo, comment.ID, interaction.ErrCommentUnknown},
		"unknown":            {1, video, 404, interaction.ErrCommentUnknown},
		"id 0":               {1, video, 0, interaction.ErrIDInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			if changed, err := s.DeleteComment(t.Context(), c.user, c.video, c.comment); changed || !errors.Is(err, c.want) {
				t.Errorf("changed %t, %v", changed, err)
			}
		})
	}
	for i, wantChanged := range []bool{true, false} {
		if changed, err := s.DeleteComment(t.Context(), 1, video, comment.ID); err != nil || changed != wantChanged {
			t.Errorf("deletion %d: %t, %v", i, changed, err)
		}
	}
	if store.Events() != 2 {
		t.Errorf("%d events, want one for the comment and one for its end", store.Events())
	}
}

func TestLookupKeepsTheOrderAndFillsGaps(t *testing.T) {
	s, _, _ := service()
	if _, err := s.SetLike(t.Context(), 1, video, true); err != nil {
		t.Fatal(err)
	}
	videos, users, err := s.Lookup(t.Context(), []int64{404, video, 404}, []int64{9, author}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := []interaction.VideoStats{{VideoID: 404}, {VideoID: video, Likes: 1, Liked: true}}; !slices.Equal(videos, want) {
		t.Errorf("videos %+v", videos)
	}
	if want := []interaction.UserStats{{UserID: 9}, {UserID: author, Received: 1}}; !slices.Equal(users, want) {
		t.Errorf("users %+v", users)
	}
	if _, _, err := s.Lookup(t.Context(), make([]int64, interaction.MaxIDs+1), nil, 0); !errors.Is(err, interaction.ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
}
