package compose_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

func errDown() error { return errs.New(errs.Unavailable, "", "") }

// social is a harness with 100 videos of amy (1) and bob (2), each with a like of
// the viewer (3), who follows both.
func social(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t)
	h.publish(100)
	viewer := h.users.Add("viewer", "x")
	for _, v := range h.videos.Published() {
		h.like(t, viewer, v.GetId())
	}
	h.follow(t, viewer, 1)
	h.follow(t, viewer, 2)
	return h
}

// counts are those of a page that the services in down do not change.
func wantCounts(page *compose.Page, likes, received, followers int64) error {
	if len(page.Videos) == 0 {
		return fmt.Errorf("no video")
	}
	for _, v := range page.Videos {
		if v.FavoriteCount != likes || v.Author.TotalFavorited != received || v.Author.FollowerCount != followers || v.Author.Name == "" {
			return fmt.Errorf("%+v", v)
		}
	}
	return nil
}

// deep is a moment on an older page than those in memory.
const deep = 9000

// While a service that has only counts does not answer, the feed shows the last
// known counts, or 0, for as long as it takes.
func TestFeedWithoutCounts(t *testing.T) {
	for name, c := range map[string]struct {
		stop                       func(*harness, error)
		likes, received, followers int64 // without last known ones
	}{
		"interaction": {func(h *harness, down error) { h.interactions.Stop(down) }, 0, 0, 1},
		"relation":    {func(h *harness, down error) { h.relations.Stop(down) }, 1, 50, 0},
		"both":        {func(h *harness, down error) { h.interactions.Stop(down); h.relations.Stop(down) }, 0, 0, 0},
	} {
		for _, warm := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, warm %t", name, warm), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := social(t)
					defer h.Close()
					likes, received, followers := c.likes, c.received, c.followers
					if warm {
						feed(t, h, 0)
						feed(t, h, deep)
						likes, received, followers = 1, 50, 1
					}
					c.stop(h, errDown())
					for range 3 {
						time.Sleep(time.Hour)
						for _, before := range []int64{0, 50_000, deep} {
							for _, viewer := range []int64{0, 3} {
								page, err := h.FeedFor(t.Context(), viewer, before)
								if err == nil {
									wantLikes := likes
									if before == 50_000 && warm { // in the head, whose counts were loaded
										wantLikes = 1
									}
									err = wantCounts(page, wantLikes, received, followers)
								}
								if err != nil {
									t.Fatalf("page before %d, viewer %d: %v", before, viewer, err)
								}
							}
						}
					}
					c.stop(h, nil)
					time.Sleep(2 * time.Second)
					page, err := h.FeedFor(t.Context(), 3, 0)
					if err == nil {
						err = wantCounts(page, 1, 50, 1)
					}
					if err != nil || !page.Videos[0].IsFavorite || !page.Videos[0].Author.IsFollow {
						t.Errorf("after the outage: %v", err)
					}
				})
			})
		}
	}
}

// The feed goes on without the user service as long as it knows the profiles.
func TestFeedWithLastKnownProfiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := social(t)
		defer h.Close()
		feed(t, h, 0)
		h.users.Stop(errDown())
		time.Sleep(time.Hour)
		for _, before := range []int64{0, deep} {
			if page := feed(t, h, before); page.Videos[0].Author.Name == "" {
				t.Errorf("%+v", page.Videos[0])
			}
		}
		h.videos.Add(99, 1_000_000, "of an unknown author")
		time.Sleep(time.Hour)
		if _, err := h.Feed(t.Context(), 0); errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("a profile is not known: %v", err)
		}
	})
}

// A list needs its owner, videos and profiles; the rest may be missing.
func TestListsWithoutCounts(t *testing.T) {
	h := social(t)
	h.follow(t, 1, 3)
	video := h.videos.Published()[0].GetId()
	if _, err := h.PostComment(t.Context(), &interactionv1.PostCommentRequest{UserId: 2, VideoId: video, Content: "x"}); err != nil {
		t.Fatal(err)
	}
	h.users.Tell(&userv1.Activity{Id: 1, Kind: userv1.ActivityKind_ACTIVITY_KIND_FOLLOWED, ActorId: 1})
	lists := map[string]func() (int, error){
		"comments": func() (int, error) {
			list, err := h.Comments(t.Context(), 3, video, 0, 0)
			return len(list.Entries), err
		},
		"liked": func() (int, error) {
			list, err := h.Liked(t.Context(), 3, 3, compose.PageRequest{})
			return len(list.Entries), err
		},
		"follows": func() (int, error) {
			list, err := h.Related(t.Context(), compose.Follows, 3, 3, compose.PageRequest{})
			return len(list.Entries), err
		},
		"friends": func() (int, error) {
			list, err := h.Friends(t.Context(), 2, 3, compose.PageRequest{})
			return len(list.Entries), err
		},
		"works": func() (int, error) {
			list, err := h.Works(t.Context(), 0, 1, 0, 0)
			return len(list.Entries), err
		},
		"notifications": func() (int, error) {
			list, err := h.Notifications(t.Context(), 3, 0, 0)
			return len(list.Entries), err
		},
		"posted comment": func() (int, error) {
			_, err := h.PostComment(t.Context(), &interactionv1.PostCommentRequest{UserId: 2, VideoId: video, Content: "y"})
			return 1, err
		},
	}
	for service, c := range map[string]struct {
		stop  func(error)
		works []string
	}{
		"interaction": {h.interactions.Stop, []string{"follows", "friends", "works", "notifications"}},
		"relation":    {h.relations.Stop, []string{"comments", "liked", "works", "notifications", "posted comment"}},
	} {
		c.stop(errDown())
		for _, name := range c.works {
			if n, err := lists[name](); err != nil || n == 0 {
				t.Errorf("%s without %s: %d entries, %v", name, service, n, err)
			}
		}
		c.stop(nil)
	}
}

// An author's list does not say that the viewer dislikes a video unless it knows.
func TestWorksWithoutLikes(t *testing.T) {
	h := social(t)
	h.interactions.Stop(errDown())
	if _, err := h.Works(t.Context(), 3, 1, 0, 0); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("what the viewer likes is unknown: %v", err)
	}
	h.interactions.Stop(nil)
	if _, err := h.Works(t.Context(), 3, 1, 0, 0); err != nil {
		t.Errorf("at once after the outage: %v", err)
	}
	h.interactions.Stop(errDown())
	liked := h.videos.Published()[1].GetId() // by amy
	if err := h.states.Store(hotv1.LikeSetKey(3), &hotv1.LikeSet{VideoIds: []int64{liked}}); err != nil {
		t.Fatal(err)
	}
	works, err := h.Works(t.Context(), 3, 1, 0, 0)
	if err != nil || len(works.Entries) != 50 {
		t.Fatalf("%d works, %v", len(works.Entries), err)
	}
	for _, v := range works.Entries {
		if v.IsFavorite != (v.ID == liked) {
			t.Errorf("video %d: is_favorite %t", v.ID, v.IsFavorite)
		}
	}
}

// hungRelations never answers.
type hungRelations struct{ compose.Relations }

func (hungRelations) Lookup(ctx context.Context, _ *relationv1.LookupRequest, _ ...callOption) (*relationv1.LookupResponse, error) {
	return nil, hang(ctx)
}

func (hungRelations) GetFollowSet(ctx context.Context, _ *relationv1.GetFollowSetRequest, _ ...callOption) (*relationv1.GetFollowSetResponse, error) {
	return nil, hang(ctx)
}

func hang(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second) // that of every call
	defer cancel()
	<-ctx.Done()
	return errs.New(errs.Timeout, "", "")
}

// A service that does not answer delays a feed by its call timeout once, and later
// ones by a quarter of a second, however many calls they need.
func TestOutageCostsLittleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := social(t)
		h.Close()
		c := compose.New(compose.Options{Users: h.users, Videos: h.videos, Interactions: h.interactions,
			Relations: hungRelations{h.relations}, Chats: h.chats, Links: compose.NewLinks("http://x"),
			Hot: hotstate.New(h.states, slog.New(slog.NewTextHandler(io.Discard, nil)))})
		defer c.Close()
		for i, limit := range []time.Duration{3 * time.Second, 250 * time.Millisecond, 250 * time.Millisecond} {
			for _, before := range []int64{0, deep} {
				start := time.Now()
				if _, err := c.FeedFor(t.Context(), 3, before); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took > limit {
					t.Errorf("feed %d before %d took %v", i, before, took)
				}
			}
			time.Sleep(time.Minute)
		}
	})
}
