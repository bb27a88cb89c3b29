package compose_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

func TestFeedPagesThroughEverythingOnceAndWraps(t *testing.T) {
	for _, total := range []int{1, 29, 30, 31, 60, 89, 90, 91, 200} {
		for _, hot := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d videos, hot %t", total, hot), func(t *testing.T) {
				h := newHarness(t)
				h.publish(total)
				if hot {
					h.head(t)
				}
				first := feed(t, h, 0)
				seen := 0
				for page, before := first, int64(0); seen < total; page = feed(t, h, before) {
					if want := min(30, total-seen); len(page.Videos) != want {
						t.Fatalf("%d videos after %d, want %d", len(page.Videos), seen, want)
					}
					for _, v := range page.Videos {
						if want := fmt.Sprintf("video %d", total-seen); v.Title != want {
							t.Fatalf("got %q, want %q", v.Title, want)
						}
						seen++
					}
					before = page.Next
				}
				if first != feed(t, h, 1000) {
					t.Error("nothing is older than the first video, so the newest batch is due")
				}
			})
		}
	}
}

func TestEmptyFeed(t *testing.T) {
	page := feed(t, newHarness(t), 0)
	if page.Videos == nil || len(page.Videos) != 0 || page.Next != 0 {
		t.Errorf("%+v", page)
	}
}

// An older page costs the same number of calls, whatever its videos and authors.
func TestBudgetOfADeepPage(t *testing.T) {
	h := newHarness(t)
	h.publish(200)
	h.head(t)
	feed(t, h, 0)
	h.reset()
	deep := feed(t, h, 50_000)
	if len(deep.Videos) != 30 || deep.Videos[0].Title != "video 49" {
		t.Fatalf("%d videos from %q", len(deep.Videos), deep.Videos[0].Title)
	}
	if h.videos.Count("Feed") != 1 || h.users.Count("GetProfiles") != 1 || h.videos.Count("CountWorks") != 1 || h.crossings() != 6 {
		t.Errorf("%d crossings", h.crossings())
	}
	h.reset()
	feed(t, h, 60_000)      // the same authors
	if h.crossings() != 2 { // the page and its counts
		t.Errorf("%d crossings with cached authors, want 2", h.crossings())
	}
	h.reset()
	feed(t, h, 180_000) // within the head
	if h.crossings() != 0 {
		t.Errorf("%d crossings within the head, want none", h.crossings())
	}
}

func TestFeedFailsClearlyAndRecovers(t *testing.T) {
	h := newHarness(t)
	h.publish(3)
	down := errs.New(errs.Unavailable, "", "")
	h.videos.Fail("Feed", down)
	if _, err := h.Feed(t.Context(), 0); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("video down: %v", err)
	}
	h.users.Fail("GetProfiles", down)
	if _, err := h.Feed(t.Context(), 0); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("user down: %v", err)
	}
	if page := feed(t, h, 0); len(page.Videos) != 3 {
		t.Error("a failed load was kept")
	}
}

func TestHotStateDownCostsNothingButTime(t *testing.T) {
	h := newHarness(t)
	h.publish(3)
	down := errs.New(errs.Unavailable, "", "")
	h.states.Fail("Get", down)
	h.states.Fail("GetMany", down)
	if page := feed(t, h, 0); len(page.Videos) != 3 {
		t.Error("no feed without hot state")
	}
	if user, err := h.User(t.Context(), 0, 1); err != nil || user.Name != "amy" || user.WorkCount != 2 {
		t.Errorf("%+v, %v", user, err)
	}
}

// The author is complete even if the account is gone; the client crashes on null.
func TestAuthorWithoutAccount(t *testing.T) {
	h := newHarness(t)
	h.videos.Add(77, 1000, "orphan")
	author := feed(t, h, 0).Videos[0].Author
	if author.ID != 77 || author.Name == "" || author.Avatar == "" || author.WorkCount != 1 {
		t.Errorf("%+v", author)
	}
}

func TestAddresses(t *testing.T) {
	h := newHarness(t)
	h.publish(1)
	v := h.videos.Published()[0]
	shown := feed(t, h, 0).Videos[0]
	rev := fmt.Sprintf("%x", v.GetSource().GetSha256()[:8])
	if want := fmt.Sprintf("http://phone.example:8080/media/videos/%d/%s.mp4", v.GetId(), rev); shown.PlayURL != want {
		t.Errorf("play_url %s, want %s", shown.PlayURL, want)
	}
	if want := "http://phone.example:8080/media/defaults/cover.png"; shown.CoverURL != want {
		t.Errorf("cover_url %s, want %s", shown.CoverURL, want)
	}
	v.Cover = v.GetSource()
	h.Forget()
	if want := fmt.Sprintf("http://phone.example:8080/media/covers/%d/%s.jpg", v.GetId(), rev); feed(t, h, 0).Videos[0].CoverURL != want {
		t.Errorf("own cover: want %s", want)
	}
}

// No field may be missing, whatever its value.
func TestObjectsKeepAllFields(t *testing.T) {
	text, err := json.Marshal(compose.Video{})
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range strings.Fields(`id author play_url cover_url favorite_count comment_count is_favorite title
		state progress failure_reason failure_msg hls_url duration_ms width height
		name follow_count follower_count is_follow avatar background_image signature total_favorited work_count`) {
		if !strings.Contains(string(text), `"`+field+`":`) {
			t.Errorf("%s is missing in %s", field, text)
		}
	}
	if n := strings.Count(string(text), `":`); n != 16+11 {
		t.Errorf("%d fields, want 27", n)
	}
}
