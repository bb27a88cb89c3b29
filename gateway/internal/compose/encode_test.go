package compose_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
)

func wantJSON[T any](t *testing.T, value T, encode func([]byte, *T) []byte) {
	t.Helper()
	want, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(nil, &value); string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The objects are what encoding/json makes of them, with every field set and
// without, and with texts that need escaping.
func TestEncoding(t *testing.T) {
	for _, text := range []string{"", "plain", "空 👋", "\"<a>\\ & \n\x01\u2028 \xff"} {
		user := compose.User{
			ID: math.MaxInt64, Name: text, FollowCount: 1, FollowerCount: 2, IsFollow: text != "", Avatar: "http://a/" + text,
			BackgroundImage: "http://b/" + text, Signature: text, TotalFavorited: 3, WorkCount: 4, FavoriteCount: -5,
		}
		wantJSON(t, user, compose.AppendUser)
		wantJSON(t, compose.Friend{User: user, Message: text, Kind: 1, KindSnake: 1}, compose.AppendFriend)
		wantJSON(t, compose.Comment{ID: 6, User: user, Content: text, CreateDate: "03-01", LikeCount: 7, TeaseCount: 8}, compose.AppendComment)
		wantJSON(t, compose.Video{
			ID: 9, Author: user, PlayURL: "p" + text, CoverURL: "c" + text, FavoriteCount: 10, CommentCount: 11, IsFavorite: true, Title: text,
			Processing: compose.Processing{State: "ready", Progress: 12, FailureReason: "R", FailureMsg: text},
			HLSURL:     "h" + text, DurationMS: 13, Width: 14, Height: 15,
		}, compose.AppendVideo)
	}
	wantJSON(t, compose.User{}, compose.AppendUser)
	wantJSON(t, compose.Friend{}, compose.AppendFriend)
	wantJSON(t, compose.Comment{}, compose.AppendComment)
	wantJSON(t, compose.Video{}, compose.AppendVideo)
}

// Users of lists keep their JSON; it says what their fields say for every viewer.
func TestKeptEncoding(t *testing.T) {
	h := newHarness(t)
	h.publish(2)
	video := h.videos.Published()[0].GetId()
	h.follow(t, 1, 2)
	h.like(t, 1, video)
	if _, err := h.PostComment(t.Context(), &interactionv1.PostCommentRequest{UserId: 2, VideoId: video, Content: "x"}); err != nil {
		t.Fatal(err)
	}
	for _, viewer := range []int64{0, 1, 2} {
		comments, err := h.Comments(t.Context(), viewer, video, 0, 0)
		if err != nil || len(comments.Entries) != 1 {
			t.Fatalf("%+v, %v", comments, err)
		}
		wantJSON(t, comments.Entries[0], compose.AppendComment)
		users, err := h.Related(t.Context(), compose.Follows, viewer, 1, compose.PageRequest{})
		if err != nil || len(users.Entries) != 1 {
			t.Fatalf("%+v, %v", users, err)
		}
		wantJSON(t, users.Entries[0], compose.AppendUser)
		page, err := h.FeedFor(t.Context(), viewer, 0)
		if err != nil || len(page.Videos) != 2 {
			t.Fatalf("%+v, %v", page, err)
		}
		works, err := h.Works(t.Context(), viewer, 2, 0, 0)
		if err != nil || len(works.Entries) != 1 {
			t.Fatalf("%+v, %v", works, err)
		}
		for _, v := range append(page.Videos, works.Entries...) {
			wantJSON(t, v, compose.AppendVideo)
		}
	}
}
