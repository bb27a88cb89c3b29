package compose_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// The user has 1,300 friends, more than the relation service sends in one answer.
// The first follows are on its second page, and two of those wrote last.
func TestFriendsAreSortedAcrossPages(t *testing.T) {
	h := newHarness(t)
	me := h.users.Add("me", "x")
	const count = compose.MaxPage + 300
	friends := make([]int64, count)
	for i := range friends {
		friends[i] = h.users.Add(fmt.Sprint("friend ", i), "x")
		h.follow(t, me, friends[i])
		h.follow(t, friends[i], me)
	}
	h.say(t, friends[1200], me, "first")
	h.say(t, friends[3], me, "second")
	h.say(t, me, friends[0], "third")
	want := []int64{friends[0], friends[3], friends[1200]}
	for i, id := range slices.Backward(friends) { // the most recent follow first
		if i != 0 && i != 3 && i != 1200 {
			want = append(want, id)
		}
	}
	for _, limit := range []int32{0, 2, 700, compose.MaxPage} {
		var got []int64
		pages := 0
		for cursor := ""; (cursor != "" || pages == 0) && (limit != 2 || pages < 3); pages++ {
			list, err := h.Friends(t.Context(), me, me, compose.PageRequest{Cursor: cursor, Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range list.Entries {
				got = append(got, f.ID)
			}
			cursor = list.Next
		}
		if !slices.Equal(got, want[:len(got)]) || limit != 2 && len(got) != count {
			t.Errorf("pages of %d: %d friends, the first are %v, want %v", limit, len(got), got[:min(5, len(got))], want[:5])
		}
	}
}

func TestFriendsRefuseTheCursorOfAnotherList(t *testing.T) {
	h := newHarness(t)
	me := h.users.Add("me", "x")
	for _, cursor := range []string{"m", "m1-2", "m1-2-x", "m1-2-3-4", "m 1-2-3"} {
		if _, err := h.Friends(t.Context(), me, me, compose.PageRequest{Cursor: cursor}); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("%q: %v", cursor, err)
		}
	}
}
