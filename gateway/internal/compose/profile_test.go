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

// One bulk read of the hot documents; owners are called for missing ones only.
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
			h := newHarness(t)
			h.publish(4)
			if c.profile {
				if err := h.states.Store(hotv1.UserProfileKey(1), profile); err != nil {
					t.Fatal(err)
				}
			}
			if c.works {
				if err := h.states.Store(hotv1.AuthorWorksKey(1), works); err != nil {
					t.Fatal(err)
				}
			}
			user, err := h.User(t.Context(), 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			if user.Name != c.name || user.WorkCount != c.count {
				t.Errorf("%+v", user)
			}
			if h.states.Total() != 1 || h.users.Total() != c.askUsers || h.videos.Total() != c.askVideos {
				t.Errorf("%d reads, %d and %d calls", h.states.Total(), h.users.Total(), h.videos.Total())
			}
		})
	}
}

func TestInvalidatedDocumentsCallTheOwner(t *testing.T) {
	h := newHarness(t)
	h.publish(4)
	for _, key := range []string{hotv1.UserProfileKey(1), hotv1.AuthorWorksKey(1), hotv1.FeedHeadKey} {
		if err := h.states.Invalidate(key); err != nil {
			t.Fatal(err)
		}
	}
	if user, err := h.User(t.Context(), 0, 1); err != nil || user.WorkCount != 2 {
		t.Errorf("%+v, %v", user, err)
	}
	if page := feed(t, h, 0); len(page.Videos) != 4 {
		t.Errorf("%d videos", len(page.Videos))
	}
}

func TestUnknownUserIsRefused(t *testing.T) {
	h := newHarness(t)
	if _, err := h.User(t.Context(), 0, 5); errs.ReasonOf(err) != userv1.ReasonUserUnknown {
		t.Errorf("%v", err)
	}
}

func TestOwnerDownFailsTheProfile(t *testing.T) {
	h := newHarness(t)
	h.publish(1)
	h.videos.Fail("CountWorks", errs.New(errs.Unavailable, "", ""))
	if _, err := h.User(t.Context(), 0, 1); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("%v", err)
	}
}

// The author's own list is exact: it comes from no cache.
func TestWorks(t *testing.T) {
	h := newHarness(t)
	h.publish(5)
	for _, want := range []int{3, 4} {
		h.reset()
		works, err := h.Works(t.Context(), 0, 1, 0, 0)
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
		if h.crossings() > 7 { // hot state, four owners about the author, the list, its counts
			t.Errorf("%d crossings", h.crossings())
		}
		h.videos.Add(1, 100_000, "one more")
	}
	if works, err := h.Works(t.Context(), 0, 99, 0, 0); err != nil || works.Entries == nil || len(works.Entries) != 0 {
		t.Errorf("an unknown author: %v, %v", works, err)
	}
	h.videos.Fail("ListByAuthor", errs.New(errs.Unavailable, "", ""))
	if _, err := h.Works(t.Context(), 0, 1, 0, 0); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("video down: %v", err)
	}
}

func TestWorksInPages(t *testing.T) {
	h := newHarness(t)
	h.publish(9)
	var all []string
	parts := 0
	for before := int64(0); parts == 0 || before > 0; parts++ {
		works, err := h.Works(t.Context(), 0, 1, before, 2)
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
		t.Errorf("%v in %d pages", all, parts)
	}
}
