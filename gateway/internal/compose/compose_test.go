package compose_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/fake"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// world is a Composer and all that it asks.
type world struct {
	*compose.Composer
	users        *fake.Users
	videos       *fake.Videos
	interactions *fake.Interactions
	relations    *fake.Relations
	chats        *fake.Chats
	states       *fake.States
}

// asked are all that count their calls.
func (w *world) asked() []*fake.Calls {
	return []*fake.Calls{&w.users.Calls, &w.videos.Calls, &w.interactions.Calls, &w.relations.Calls, &w.chats.Calls, &w.states.Calls}
}

func (w *world) reset() {
	for _, calls := range w.asked() {
		calls.Reset()
	}
}

// crossings are all requests that left the gateway.
func (w *world) crossings() int {
	total := 0
	for _, calls := range w.asked() {
		total += calls.Total()
	}
	return total
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		users: &fake.Users{}, videos: &fake.Videos{}, states: &fake.States{},
		interactions: &fake.Interactions{}, relations: &fake.Relations{}, chats: &fake.Chats{},
	}
	w.interactions.AuthorOf = w.videos.AuthorOf
	c, err := compose.New(compose.Options{
		Users:        w.users,
		Videos:       w.videos,
		Interactions: w.interactions,
		Relations:    w.relations,
		Chats:        w.chats,
		Hot:          hotstate.New(w.states, slog.New(slog.NewTextHandler(io.Discard, nil))),
		Links:        compose.NewLinks("http://phone.example:8080"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w.Composer = c
	return w
}

// publish makes n videos, one per second from second 1 on, by two authors.
func (w *world) publish(n int) {
	a, b := w.users.Add("amy", "x"), w.users.Add("bob", "x")
	for i := 1; i <= n; i++ {
		author := a
		if i%2 == 0 {
			author = b
		}
		w.videos.Add(author, int64(i)*1000, fmt.Sprintf("video %d", i))
	}
}

// head stores the hot document of the feed as its owner does.
func (w *world) head(t *testing.T) {
	t.Helper()
	newest := w.videos.Published()
	w.headOf(t, newest[:min(90, len(newest))])
}

func (w *world) headOf(t *testing.T, newest []*videov1.Video) {
	t.Helper()
	if err := w.states.Store(hotv1.FeedHeadKey, &hotv1.FeedHead{Videos: newest}); err != nil {
		t.Fatal(err)
	}
}

func feed(t *testing.T, w *world, before int64) *compose.Page {
	t.Helper()
	page, err := w.Feed(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestFeedPagesThroughEverythingOnceAndWraps(t *testing.T) {
	for _, total := range []int{1, 29, 30, 31, 60, 89, 90, 91, 200} {
		for _, hot := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d videos, hot %t", total, hot), func(t *testing.T) {
				w := newWorld(t)
				w.publish(total)
				if hot {
					w.head(t)
				}
				first := feed(t, w, 0)
				seen := 0
				for page, before := first, int64(0); seen < total; page = feed(t, w, before) {
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
				if first != feed(t, w, 1000) {
					t.Error("nothing is older than the first video, so the newest batch is due")
				}
			})
		}
	}
}

func TestEmptyFeed(t *testing.T) {
	page := feed(t, newWorld(t), 0)
	if page.Videos == nil || len(page.Videos) != 0 || page.Next != 0 {
		t.Errorf("%+v", page)
	}
}

// Deeper pages ask once per page, however many videos and authors it has.
func TestBudgetOfADeepPage(t *testing.T) {
	w := newWorld(t)
	w.publish(200)
	w.head(t)
	feed(t, w, 0)
	w.reset()
	deep := feed(t, w, 50_000)
	if len(deep.Videos) != 30 || deep.Videos[0].Title != "video 49" {
		t.Fatalf("%d videos from %q", len(deep.Videos), deep.Videos[0].Title)
	}
	if w.videos.Count("Feed") != 1 || w.users.Count("GetProfiles") != 1 || w.videos.Count("CountWorks") != 1 || w.crossings() != 6 {
		t.Errorf("%d crossings", w.crossings())
	}
	w.reset()
	feed(t, w, 60_000)      // the same authors
	if w.crossings() != 2 { // the page and its counts
		t.Errorf("%d crossings with the authors at hand, want 2", w.crossings())
	}
	w.reset()
	feed(t, w, 180_000) // within the head
	if w.crossings() != 0 {
		t.Errorf("%d crossings within the head, want none", w.crossings())
	}
}

func TestFeedFailsClearlyAndRecovers(t *testing.T) {
	w := newWorld(t)
	w.publish(3)
	down := errs.New(errs.Unavailable, "", "")
	w.videos.Fail("Feed", down)
	if _, err := w.Feed(t.Context(), 0); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("video down: %v", err)
	}
	w.users.Fail("GetProfiles", down)
	if _, err := w.Feed(t.Context(), 0); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("user down: %v", err)
	}
	if page := feed(t, w, 0); len(page.Videos) != 3 {
		t.Error("a failed load was kept")
	}
}

func TestHotStateDownCostsNothingButTime(t *testing.T) {
	w := newWorld(t)
	w.publish(3)
	down := errs.New(errs.Unavailable, "", "")
	w.states.Fail("Get", down)
	w.states.Fail("GetMany", down)
	if page := feed(t, w, 0); len(page.Videos) != 3 {
		t.Error("no feed without hot state")
	}
	if user, err := w.User(t.Context(), 0, 1); err != nil || user.Name != "amy" || user.WorkCount != 2 {
		t.Errorf("%+v, %v", user, err)
	}
}

// Author objects are complete even when the account is gone; the client
// crashes on a null.
func TestAuthorWithoutAccount(t *testing.T) {
	w := newWorld(t)
	w.videos.Add(77, 1000, "orphan")
	author := feed(t, w, 0).Videos[0].Author
	if author.ID != 77 || author.Name == "" || author.Avatar == "" || author.WorkCount != 1 {
		t.Errorf("%+v", author)
	}
}

func TestAddresses(t *testing.T) {
	w := newWorld(t)
	w.publish(1)
	v := w.videos.Published()[0]
	shown := feed(t, w, 0).Videos[0]
	rev := fmt.Sprintf("%x", v.GetSource().GetSha256()[:8])
	if want := fmt.Sprintf("http://phone.example:8080/media/videos/%d/%s.mp4", v.GetId(), rev); shown.PlayURL != want {
		t.Errorf("play_url %s, want %s", shown.PlayURL, want)
	}
	if want := "http://phone.example:8080/media/defaults/cover.png"; shown.CoverURL != want {
		t.Errorf("cover_url %s, want %s", shown.CoverURL, want)
	}
	v.Cover = v.GetSource()
	w.Forget()
	if want := fmt.Sprintf("http://phone.example:8080/media/covers/%d/%s.jpg", v.GetId(), rev); feed(t, w, 0).Videos[0].CoverURL != want {
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
