package compose_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

func TestNotifications(t *testing.T) {
	h := newHarness(t)
	me, amy := h.users.Add("me", "x"), h.users.Add("amy", "x")
	h.follow(t, me, amy)
	if err := h.states.Store(hotv1.FollowSetKey(me), &hotv1.FollowSet{UserIds: []int64{amy}}); err != nil {
		t.Fatal(err)
	}
	h.users.Tell(&userv1.Activity{Id: 1, Kind: userv1.ActivityKind_ACTIVITY_KIND_FOLLOWED, ActorId: amy, OccurredAtMs: 5})
	h.users.Tell(&userv1.Activity{Id: 2, Kind: userv1.ActivityKind_ACTIVITY_KIND_COMMENTED, ActorId: amy, VideoId: 7, CommentId: 8, Excerpt: "nice"})
	h.reset()
	list, err := h.Notifications(t.Context(), me, 0, 0)
	if err != nil || len(list.Entries) != 2 || list.Unread != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	if n := list.Entries[0]; n.Kind != "commented" || n.Actor.Name != "amy" || !n.Actor.IsFollow || n.CommentID != 8 || n.Excerpt != "nice" {
		t.Errorf("%+v", n)
	}
	if n := list.Entries[1]; n.Kind != "followed" || n.CreateTime != 5 {
		t.Errorf("%+v", n)
	}
	if h.crossings() != 6 { // the list, four owners about the actors, the viewer's follows
		t.Errorf("%d crossings", h.crossings())
	}
}

// Users of lists come from a cache and may be a second old. The flags of the viewer
// and the viewer's own card are exact at once, and nobody else sees them.
func TestCachedUsersHaveTheFlagsOfTheViewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		defer h.Close() // the bubble must be empty at its end
		h.publish(1)
		video := h.videos.Published()[0].GetId()
		if _, err := h.PostComment(t.Context(), &interactionv1.PostCommentRequest{UserId: 2, VideoId: video, Content: "x"}); err != nil {
			t.Fatal(err)
		}
		writer := func(viewer int64) compose.User {
			list, err := h.Comments(t.Context(), viewer, video, 0, 0)
			if err != nil || len(list.Entries) != 1 {
				t.Fatalf("%+v, %v", list, err)
			}
			return list.Entries[0].User
		}
		if u := writer(1); u.IsFollow || u.Name != "bob" {
			t.Errorf("before: %+v", u)
		}
		h.follow(t, 1, 2)
		h.like(t, 2, video)
		if u := writer(1); !u.IsFollow {
			t.Errorf("after the follow: %+v", u)
		}
		if u := writer(2); u.FavoriteCount != 1 || u.FollowerCount != 1 {
			t.Errorf("the writer sees %+v", u)
		}
		time.Sleep(time.Second)
		if u := writer(1); !u.IsFollow || u.FavoriteCount != 1 {
			t.Errorf("a second after the follow and a like by the writer: %+v", u)
		}
		for _, viewer := range []int64{0, 2, 3} {
			if u := writer(viewer); u.IsFollow {
				t.Errorf("user %d sees a follow", viewer)
			}
		}
		liked, err := h.Related(t.Context(), compose.Follows, 1, 1, compose.PageRequest{})
		if err != nil || len(liked.Entries) != 1 || !liked.Entries[0].IsFollow || liked.Entries[0].FollowerCount != 1 {
			t.Errorf("follow list: %+v, %v", liked, err)
		}
		if u := writer(0); u.IsFollow {
			t.Error("the flag of a viewer is in the cache")
		}
	})
}

// The writer's card in the answer to a comment may be a second old: comments in a
// row read it once, from the hot documents.
func TestCommentsInARowReadTheWriterOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		defer h.Close()
		h.publish(1)
		video := h.videos.Published()[0].GetId()
		post := func() int {
			h.reset()
			answer, err := h.PostComment(t.Context(), &interactionv1.PostCommentRequest{UserId: 2, VideoId: video, Content: "x"})
			if err != nil || answer.User.Name != "bob" {
				t.Fatalf("%+v, %v", answer, err)
			}
			return h.crossings()
		}
		first := post()
		if n := post(); n != 1 || first <= n {
			t.Errorf("the first comment cost %d crossings, the second %d, want 1", first, n)
		}
		time.Sleep(time.Second)
		if n := post(); n != first {
			t.Errorf("a second later a comment costs %d crossings, want %d", n, first)
		}
	})
}
