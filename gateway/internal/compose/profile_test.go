package compose_test

import (
	"slices"
	"strconv"
	"testing"

	"google.golang.org/grpc"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

type callOption = grpc.CallOption

// One bulk read of the hot documents; only what is missing there is asked of
// its owner.
func TestUserBudget(t *testing.T) {
	profile := &hotv1.UserProfile{Profile: &userv1.Profile{Id: 1, Name: "hot amy", Signature: "hi", Avatar: "http://a/a.png"}}
	works := &hotv1.AuthorWorks{Works: 42}
	for _, c := range []struct {
		what                string
		profile, works      bool
		askUsers, askVideos int
		name                string
		count               int64
	}{
		{"both hot", true, true, 0, 0, "hot amy", 42},
		{"profile hot", true, false, 0, 1, "hot amy", 2},
		{"works hot", false, true, 1, 0, "amy", 42},
		{"none hot", false, false, 1, 1, "amy", 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			w.publish(4)
			if c.profile {
				if err := w.states.Store(hotv1.UserProfileKey(1), profile); err != nil {
					t.Fatal(err)
				}
			}
			if c.works {
				if err := w.states.Store(hotv1.AuthorWorksKey(1), works); err != nil {
					t.Fatal(err)
				}
			}
			user, err := w.User(t.Context(), 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			if user.Name != c.name || user.WorkCount != c.count {
				t.Errorf("%+v", user)
			}
			if w.states.Total() != 1 || w.users.Total() != c.askUsers || w.videos.Total() != c.askVideos {
				t.Errorf("%d reads, %d and %d calls", w.states.Total(), w.users.Total(), w.videos.Total())
			}
		})
	}
}

func TestInvalidatedDocumentsAskTheOwner(t *testing.T) {
	w := newWorld(t)
	w.publish(4)
	for _, key := range []string{hotv1.UserProfileKey(1), hotv1.AuthorWorksKey(1), hotv1.FeedHeadKey} {
		if err := w.states.Invalidate(key); err != nil {
			t.Fatal(err)
		}
	}
	if user, err := w.User(t.Context(), 0, 1); err != nil || user.WorkCount != 2 {
		t.Errorf("%+v, %v", user, err)
	}
	if page := feed(t, w, 0); len(page.Videos) != 4 {
		t.Errorf("%d videos", len(page.Videos))
	}
}

func TestUnknownUserIsRefused(t *testing.T) {
	w := newWorld(t)
	if _, err := w.User(t.Context(), 0, 5); errs.ReasonOf(err) != "USER_UNKNOWN" {
		t.Errorf("%v", err)
	}
}

func TestOwnerDownFailsTheProfile(t *testing.T) {
	w := newWorld(t)
	w.publish(1)
	w.videos.Fail("CountWorks", errs.New(errs.Unavailable, "", ""))
	if _, err := w.User(t.Context(), 0, 1); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("%v", err)
	}
}

// The author's own list is exact: no copy of a second ago is in the way.
func TestWorks(t *testing.T) {
	w := newWorld(t)
	w.publish(5)
	for _, want := range []int{3, 4} {
		w.reset()
		works, err := w.Works(t.Context(), 0, 1, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(works.Entries) != want {
			t.Fatalf("%d works, want %d", len(works.Entries), want)
		}
		for _, v := range works.Entries {
			if v.Author.ID != 1 || v.Author.Name != "amy" || v.Author.WorkCount != int64(want) {
				t.Errorf("author %+v", v.Author)
			}
		}
		if w.crossings() > 7 { // hot state, four owners about the author, the list, its counts
			t.Errorf("%d crossings", w.crossings())
		}
		w.videos.Add(1, 100_000, "one more")
	}
	if works, err := w.Works(t.Context(), 0, 99, 0, 0); err != nil || works.Entries == nil || len(works.Entries) != 0 {
		t.Errorf("an unknown author: %v, %v", works, err)
	}
	w.videos.Fail("ListByAuthor", errs.New(errs.Unavailable, "", ""))
	if _, err := w.Works(t.Context(), 0, 1, 0, 0); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("video down: %v", err)
	}
}

func TestWorksInParts(t *testing.T) {
	w := newWorld(t)
	w.publish(9)
	var all []string
	parts := 0
	for before := int64(0); parts == 0 || before > 0; parts++ {
		works, err := w.Works(t.Context(), 0, 1, before, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range works.Entries {
			all = append(all, v.Title)
		}
		before = 0
		if works.Next != "" {
			if before, err = strconv.ParseInt(works.Next, 10, 64); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := []string{"video 9", "video 7", "video 5", "video 3", "video 1"}; !slices.Equal(all, want) || parts != 3 {
		t.Errorf("%v in %d parts", all, parts)
	}
}
