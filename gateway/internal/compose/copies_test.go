package compose_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// The anonymous feed costs no call while the copy is fresh, and the copy is fresh
// for a second.
func TestFeedCopyLivesOneSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(40)
		h.head(t)
		first := feed(t, h, 0)
		if got := h.states.Total(); got != 1 {
			t.Errorf("%d reads of the hot state, want 1", got)
		}
		if h.videos.Count("Feed") != 0 {
			t.Error("the owner was called although the hot document exists")
		}
		h.reset()
		time.Sleep(time.Second - time.Millisecond)
		if again := feed(t, h, 0); again != first || h.crossings() != 0 {
			t.Errorf("a warm feed costs %d crossings", h.crossings())
		}
		h.videos.Add(1, 1_000_000, "newer")
		h.head(t)
		time.Sleep(2 * time.Millisecond)
		if got := feed(t, h, 0).Videos[0].Title; got != "newer" {
			t.Errorf("after a second the feed still starts with %q", got)
		}
		h.Close() // the bubble must be empty at its end
	})
}

// The age counts from the beginning of the load: a slow answer is old already.
func TestFeedCopyAgesWhileItLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(1)
		slow := &slowUsers{Users: h.users, delay: 700 * time.Millisecond}
		c := compose.New(compose.Options{Users: slow, Videos: h.videos, Interactions: h.interactions, Relations: h.relations, Chats: h.chats, Links: compose.NewLinks("http://x"),
			Hot: hotstate.New(h.states, slog.New(slog.NewTextHandler(io.Discard, nil)))})
		defer c.Close()
		h.Close()
		h.Composer = c
		feed(t, h, 0)
		h.reset()
		time.Sleep(400 * time.Millisecond)
		feed(t, h, 0)
		if h.crossings() == 0 {
			t.Error("a copy was used 1.1 s after its loading began")
		}
	})
}

type slowUsers struct {
	compose.Users
	delay time.Duration
}

func (s *slowUsers) GetProfiles(ctx context.Context, in *userv1.GetProfilesRequest, opts ...callOption) (*userv1.GetProfilesResponse, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(s.delay):
		return s.Users.GetProfiles(ctx, in, opts...)
	}
}

func TestManyReadersLoadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(40)
		slow := &slowUsers{Users: h.users, delay: 100 * time.Millisecond}
		c := compose.New(compose.Options{Users: slow, Videos: h.videos, Interactions: h.interactions, Relations: h.relations, Chats: h.chats, Links: compose.NewLinks("http://x"),
			Hot: hotstate.New(h.states, slog.New(slog.NewTextHandler(io.Discard, nil)))})
		defer c.Close()
		h.Close()

		// The first reader gives up; the others still get their answer.
		impatient, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		var readers sync.WaitGroup
		readers.Go(func() {
			if _, err := c.Feed(impatient, 0); err == nil {
				t.Error("the impatient reader got an answer")
			}
		})
		synctest.Wait()
		for range 50 {
			readers.Go(func() {
				if page, err := c.Feed(t.Context(), 0); err != nil || len(page.Videos) != 30 {
					t.Errorf("%v", err)
				}
			})
		}
		readers.Wait()
		if got := h.users.Count("GetProfiles"); got != 1 {
			t.Errorf("%d loads for 51 readers", got)
		}
	})
}

// After a deletion through this gateway the feed lacks the video at once.
func TestForget(t *testing.T) {
	h := newHarness(t)
	h.publish(2)
	feed(t, h, 0)
	newest := h.videos.Published()[0]
	if _, err := h.videos.DeleteVideo(t.Context(), &videov1.DeleteVideoRequest{VideoId: newest.GetId(), AuthorId: newest.GetAuthorId()}); err != nil {
		t.Fatal(err)
	}
	h.Forget()
	if got := feed(t, h, 0).Videos; len(got) != 1 || got[0].ID == newest.GetId() {
		t.Errorf("the feed still has %+v", got)
	}
}
