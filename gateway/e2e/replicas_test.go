//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// A write through one gateway shows at once in lists, counts and flags of all gateways.
func TestWritesShowAtOnceInEveryGateway(t *testing.T) {
	t.Parallel()
	phones := e2etest.Gateways()
	t.Logf("%d gateways", len(phones))
	p := phones[0]
	author, fan := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, author, "written through any gateway", e2etest.SmallVideo(t))
	for round := range 20 {
		wanted := round%2 == 0
		writer := phones[round%len(phones)]
		text := fmt.Sprintf("round %d", round)
		e2etest.Like(t, writer, fan, video.ID, wanted)
		e2etest.Follow(t, writer, fan, author, wanted)
		mine := e2etest.Comment(t, writer, fan, video.ID, text)
		e2etest.SendMessage(t, writer, fan, author, text)
		for i, reader := range phones {
			v := e2etest.ListedVideo(t, reader, author, video.ID, fan.Token)
			if v.IsFavorite != wanted || v.FavoriteCount != e2etest.Count01(wanted) || v.Author.IsFollow != wanted || v.CommentCount != int64(round+1) {
				t.Errorf("round %d, gateway %d: %+v", round, i, v)
			}
			if u := e2etest.Profile(t, reader, author, fan.Token); u.IsFollow != wanted || u.FollowerCount != e2etest.Count01(wanted) || u.TotalFavorited != e2etest.Count01(wanted) {
				t.Errorf("round %d, gateway %d: author %+v", round, i, u)
			}
			if u := e2etest.Profile(t, reader, fan, fan.Token); u.FollowCount != e2etest.Count01(wanted) || u.FavoriteCount != e2etest.Count01(wanted) {
				t.Errorf("round %d, gateway %d: fan %+v", round, i, u)
			}
			if list := e2etest.Follows(t, reader, fan, fan.Token); int64(len(list)) != e2etest.Count01(wanted) {
				t.Errorf("round %d, gateway %d: follows %v", round, i, e2etest.UserIDs(list))
			}
			if list := e2etest.Followers(t, reader, author, ""); int64(len(list)) != e2etest.Count01(wanted) {
				t.Errorf("round %d, gateway %d: followers %v", round, i, e2etest.UserIDs(list))
			}
			if list := e2etest.Liked(t, reader, fan.ID, ""); int64(len(list)) != e2etest.Count01(wanted) {
				t.Errorf("round %d, gateway %d: likes %v", round, i, e2etest.VideoIDs(list))
			}
			if list := e2etest.Comments(t, reader, video.ID, ""); len(list) != round+1 || list[0].ID != mine.ID {
				t.Errorf("round %d, gateway %d: %d comments", round, i, len(list))
			}
			if list := e2etest.Contents(e2etest.Chat(t, reader, author, fan, 0)); len(list) != round+1 || list[round] != text {
				t.Errorf("round %d, gateway %d: messages %v", round, i, list)
			}
			feed := e2etest.Must(reader.Feed(t.Context(), 0, fan.Token))(t)
			e2etest.Accepted(t, feed)
			if at := slices.IndexFunc(feed.Videos, func(v client.Video) bool { return v.ID == video.ID }); at >= 0 {
				if v := feed.Videos[at]; v.IsFavorite != wanted || v.Author.IsFollow != wanted {
					t.Errorf("round %d, gateway %d: the feed shows flags %t and %t", round, i, v.IsFavorite, v.Author.IsFollow)
				}
			}
		}
	}
}

// The delivery position of a session does not depend on the gateway of its polls.
func TestPollsThroughAnyGateway(t *testing.T) {
	t.Parallel()
	phones := e2etest.Gateways()
	a, b := e2etest.NewAccount(t, phones[0]), e2etest.NewAccount(t, phones[0])
	e2etest.SendMessage(t, phones[0], b, a, "first")
	seen := e2etest.Contents(e2etest.Chat(t, phones[0], a, b, 0))
	want := []string{"first"}
	for i := range 20 {
		text := fmt.Sprintf("message %d", i)
		want = append(want, text)
		e2etest.SendMessage(t, phones[i%len(phones)], b, a, text)
		clock := time.Now().Add(time.Duration(i-10) * time.Minute).UnixMilli()
		for j := range phones {
			seen = append(seen, e2etest.Contents(e2etest.Chat(t, phones[(i+j)%len(phones)], a, b, clock))...)
		}
	}
	if !slices.Equal(seen, want) {
		t.Errorf("seen %v, want %v", seen, want)
	}
}
