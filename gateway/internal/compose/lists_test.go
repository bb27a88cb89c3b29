package compose_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

func (h *harness) like(t *testing.T, user, video int64) {
	t.Helper()
	if _, err := h.interactions.SetLike(t.Context(), &interactionv1.SetLikeRequest{UserId: user, VideoId: video, Liked: true}); err != nil {
		t.Fatal(err)
	}
}

func (h *harness) follow(t *testing.T, user, target int64) {
	t.Helper()
	if _, err := h.relations.SetFollow(t.Context(), &relationv1.SetFollowRequest{UserId: user, TargetId: target, Following: true}); err != nil {
		t.Fatal(err)
	}
}

func (h *harness) say(t *testing.T, from, to int64, text string) {
	t.Helper()
	if _, err := h.chats.Send(t.Context(), &chatv1.SendRequest{FromUserId: from, ToUserId: to, Content: text}); err != nil {
		t.Fatal(err)
	}
}

// The flags in the feed are the viewer's own; the shared page has none.
func TestFeedForMarksWhatTheViewerLikesAndFollows(t *testing.T) {
	for _, c := range []struct {
		name   string
		hot    bool
		setCap int
	}{{"asking the owners", false, 0}, {"hot", true, 0}, {"capped sets", false, 1}} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t)
			h.publish(6)
			viewer := h.users.Add("viewer", "x")
			h.interactions.SetCap, h.relations.SetCap = c.setCap, c.setCap
			videos := h.videos.Published() // newest first, by 2, 1, 2, 1 ...
			liked := []int64{videos[0].GetId(), videos[3].GetId()}
			slices.Sort(liked)
			for _, id := range liked {
				h.like(t, viewer, id)
			}
			h.follow(t, viewer, 1)
			h.follow(t, viewer, 999)
			if c.hot {
				for key, doc := range map[string]*hotv1.LikeSet{hotv1.LikeSetKey(viewer): {VideoIds: liked}} {
					if err := h.states.Store(key, doc); err != nil {
						t.Fatal(err)
					}
				}
				if err := h.states.Store(hotv1.FollowSetKey(viewer), &hotv1.FollowSet{UserIds: []int64{1, 999}}); err != nil {
					t.Fatal(err)
				}
			}
			public := feed(t, h, 0)
			h.reset()
			page, err := h.FeedFor(t.Context(), viewer, 0)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range page.Videos {
				if v.IsFavorite != slices.Contains(liked, v.ID) || v.Author.IsFollow != (v.Author.ID == 1) {
					t.Errorf("video %d: liked %t, author %d followed %t", i, v.IsFavorite, v.Author.ID, v.Author.IsFollow)
				}
				if public.Videos[i].IsFavorite || public.Videos[i].Author.IsFollow {
					t.Error("the viewer's flags are on the page of everybody")
				}
				if want := map[bool]int64{true: 1, false: 0}[slices.Contains(liked, v.ID)]; v.FavoriteCount != want {
					t.Errorf("video %d has %d likes", i, v.FavoriteCount)
				}
			}
			if c.hot && h.crossings() != 1 {
				t.Errorf("%d crossings, want one bulk read", h.crossings())
			}
		})
	}
}

func TestUserAsTheViewerSeesThem(t *testing.T) {
	h := newHarness(t)
	h.publish(2) // by amy (1) and bob (2)
	viewer := h.users.Add("viewer", "x")
	h.follow(t, viewer, 1)
	h.follow(t, 2, 1)
	h.follow(t, 1, 2)
	for _, v := range h.videos.Published() {
		h.like(t, viewer, v.GetId())
		h.like(t, 1, v.GetId())
	}
	user, err := h.User(t.Context(), viewer, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !user.IsFollow || user.FollowCount != 1 || user.FollowerCount != 2 || user.TotalFavorited != 2 || user.FavoriteCount != 2 || user.WorkCount != 1 {
		t.Errorf("%+v", user)
	}
	for _, by := range []int64{0, 1, 2} {
		if user, err := h.User(t.Context(), by, 1); err != nil || user.IsFollow != (by == 2) {
			t.Errorf("as %d: followed %t, %v", by, user.IsFollow, err)
		}
	}
}

// A list costs one call to its owner, the read of the viewer's follows, and a read
// of the viewer's card if that is in the list. Users and counts of videos that were
// shown within a second cost nothing; otherwise each of their owners is called once,
// whatever the length.
func TestListsCostTheSameWhateverTheirLength(t *testing.T) {
	lists := map[string]func(*harness) (int, error){
		"comments": func(h *harness) (int, error) {
			list, err := h.Comments(t.Context(), 1, h.videos.Published()[0].GetId(), 0, 0)
			return len(list.Entries), err
		},
		"liked": func(h *harness) (int, error) {
			list, err := h.Liked(t.Context(), 1, 1, compose.PageRequest{})
			return len(list.Entries), err
		},
		"follows": func(h *harness) (int, error) {
			list, err := h.Related(t.Context(), compose.Follows, 1, 1, compose.PageRequest{})
			return len(list.Entries), err
		},
		"followers": func(h *harness) (int, error) {
			list, err := h.Related(t.Context(), compose.Followers, 1, 1, compose.PageRequest{})
			return len(list.Entries), err
		},
	}
	for name, list := range lists {
		t.Run(name, func(t *testing.T) {
			for _, length := range []int{1, 3, 50} {
				h := newHarness(t)
				h.publish(length)
				for i := range length {
					other := h.users.Add(name+string(rune('a'+i)), "x")
					h.follow(t, 1, other)
					h.follow(t, other, 1)
					if _, err := h.interactions.PostComment(t.Context(), &interactionv1.PostCommentRequest{
						UserId: other, VideoId: h.videos.Published()[0].GetId(), Content: "x",
					}); err != nil {
						t.Fatal(err)
					}
				}
				for _, v := range h.videos.Published() {
					h.like(t, 1, v.GetId())
				}
				for key, doc := range map[string]proto.Message{
					hotv1.FollowSetKey(1):     &hotv1.FollowSet{},
					hotv1.UserProfileKey(1):   &hotv1.UserProfile{Profile: &userv1.Profile{Id: 1, Name: "amy"}},
					hotv1.AuthorWorksKey(1):   &hotv1.AuthorWorks{},
					hotv1.UserLikesKey(1):     &hotv1.UserLikes{},
					hotv1.UserRelationsKey(1): &hotv1.UserRelations{},
				} {
					if err := h.states.Store(key, doc); err != nil {
						t.Fatal(err)
					}
				}
				want := map[string][]int{"comments": {6, 2}, "liked": {8, 4}, "follows": {5, 1}, "followers": {6, 2}}[name]
				for i, when := range []string{"at first", "within a second"} {
					h.reset()
					got, err := list(h)
					if err != nil || got != length {
						t.Fatalf("%d entries, want %d, %v", got, length, err)
					}
					if h.crossings() != want[i] {
						t.Errorf("%d entries cost %d crossings %s, want %d", length, h.crossings(), when, want[i])
					}
				}
			}
		})
	}
}

func TestCommentsAreCompleteAndPage(t *testing.T) {
	h := newHarness(t)
	h.publish(1)
	video := h.videos.Published()[0].GetId()
	for _, text := range []string{"one", "two", "three"} {
		if _, err := h.interactions.PostComment(t.Context(), &interactionv1.PostCommentRequest{UserId: 2, VideoId: video, Content: text}); err != nil {
			t.Fatal(err)
		}
	}
	first, err := h.Comments(t.Context(), 0, video, 0, 2)
	if err != nil || len(first.Entries) != 2 || first.Next != "2" {
		t.Fatalf("%+v, %v", first, err)
	}
	if c := first.Entries[0]; c.Content != "three" || c.User.Name != "bob" || c.CreateDate != "03-01" {
		t.Errorf("%+v", c)
	}
	second, err := h.Comments(t.Context(), 0, video, 2, 2)
	if err != nil || len(second.Entries) != 1 || second.Next != "" {
		t.Errorf("%+v, %v", second, err)
	}
	if none, err := h.Comments(t.Context(), 0, 404, 0, 0); err != nil || none.Entries == nil || len(none.Entries) != 0 {
		t.Errorf("%+v, %v", none, err)
	}
}

func TestLikedIsInOrderAndLeavesOutDeletedVideos(t *testing.T) {
	h := newHarness(t)
	h.publish(3)
	videos := h.videos.Published()
	h.interactions.AuthorOf = func(int64) int64 { return 1 } // also of the deleted video
	for _, id := range []int64{videos[1].GetId(), 404, videos[0].GetId(), videos[2].GetId()} {
		h.like(t, 2, id)
	}
	list, err := h.Liked(t.Context(), 2, 2, compose.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, v := range list.Entries {
		got = append(got, v.ID)
		if !v.IsFavorite || v.Author.Name == "" || v.Author.WorkCount == 0 {
			t.Errorf("%+v", v)
		}
	}
	if want := []int64{videos[2].GetId(), videos[0].GetId(), videos[1].GetId()}; !slices.Equal(got, want) {
		t.Errorf("liked %v, want %v", got, want)
	}
	// A deleted video disappears at once, although its copy is not a second old.
	gone := videos[0]
	if _, err := h.videos.DeleteVideo(t.Context(), &videov1.DeleteVideoRequest{VideoId: gone.GetId(), AuthorId: gone.GetAuthorId()}); err != nil {
		t.Fatal(err)
	}
	list, err = h.Liked(t.Context(), 2, 2, compose.PageRequest{})
	if err != nil || len(list.Entries) != 2 || list.Entries[0].ID != videos[2].GetId() || list.Entries[1].ID != videos[1].GetId() {
		t.Errorf("after the deletion: %+v, %v", list.Entries, err)
	}
}

func TestFriendsWithTheirNewestMessage(t *testing.T) {
	h := newHarness(t)
	me := h.users.Add("me", "x")
	var friends []int64
	for _, name := range []string{"quiet", "wrote", "was written to"} {
		friend := h.users.Add(name, "x")
		friends = append(friends, friend)
		h.follow(t, me, friend)
		h.follow(t, friend, me)
	}
	h.follow(t, me, h.users.Add("no friend", "x"))
	h.say(t, friends[1], me, "hi")
	h.say(t, me, friends[2], "old")
	h.say(t, me, friends[2], "new")
	list, err := h.Friends(t.Context(), me, me, compose.PageRequest{})
	if err != nil || len(list.Entries) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	for i, want := range []struct {
		id      int64
		message string
		kind    int64
	}{{friends[2], "new", 1}, {friends[1], "hi", 0}, {friends[0], "", 0}} {
		got := list.Entries[i]
		if got.ID != want.id || got.Message != want.message || got.Kind != want.kind || got.KindSnake != want.kind || !got.IsFollow {
			t.Errorf("friend %d is %+v, want %+v", i, got, want)
		}
	}
	foreign, err := h.Friends(t.Context(), friends[0], me, compose.PageRequest{})
	if err != nil || len(foreign.Entries) != 3 {
		t.Fatalf("%+v, %v", foreign, err)
	}
	for _, f := range foreign.Entries {
		if f.Message != "" {
			t.Errorf("somebody else reads %q", f.Message)
		}
	}
}

// A list fails with the error of its owner.
func TestListsFailWithTheirOwner(t *testing.T) {
	h := newHarness(t)
	h.publish(1)
	h.like(t, 1, h.videos.Published()[0].GetId())
	down := errs.New(errs.Unavailable, "", "")
	h.videos.Fail("GetVideos", down)
	if _, err := h.Liked(t.Context(), 1, 1, compose.PageRequest{}); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("video down: %v", err)
	}
	h.relations.Fail("ListFollows", down)
	if _, err := h.Related(t.Context(), compose.Follows, 1, 1, compose.PageRequest{}); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("relation down: %v", err)
	}
	h.interactions.Fail("ListComments", down)
	if _, err := h.Comments(t.Context(), 1, 1, 0, 0); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("interaction down: %v", err)
	}
}
