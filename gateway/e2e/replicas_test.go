//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// gateways are phones for all gateways of the stack: those that BASE_URLS names,
// separated by commas, or else the one there is.
func gateways() []*Phone {
	var out []*Phone
	for _, base := range strings.FieldsFunc(os.Getenv("BASE_URLS"), func(r rune) bool { return r == ',' }) {
		out = append(out, NewPhone(strings.TrimSpace(base), 60*time.Second))
	}
	if len(out) == 0 {
		out = append(out, newPhone())
	}
	return out
}

// What was written through one gateway is seen at once through each of them, in
// lists, counts and flags.
func TestWritesAreSeenAtOnceThroughEveryGateway(t *testing.T) {
	phones := gateways()
	t.Logf("%d gateways", len(phones))
	p := phones[0]
	author, fan := newAccount(t, p), newAccount(t, p)
	video := published(t, p, author, "seen everywhere", smallMP4(t))
	for round := range 20 {
		wanted := round%2 == 0
		writer := phones[round%len(phones)]
		text := fmt.Sprintf("round %d", round)
		like(t, writer, fan, video.ID, wanted)
		follow(t, writer, fan, author, wanted)
		mine := comment(t, writer, fan, video.ID, text)
		say(t, writer, fan, author, text)
		for i, reader := range phones {
			v := shown(t, reader, author, video.ID, fan.Token)
			if v.IsFavorite != wanted || v.FavoriteCount != one(wanted) || v.Author.IsFollow != wanted || v.CommentCount != int64(round+1) {
				t.Errorf("round %d, gateway %d: %+v", round, i, v)
			}
			if u := profile(t, reader, author, fan.Token); u.IsFollow != wanted || u.FollowerCount != one(wanted) || u.TotalFavorited != one(wanted) {
				t.Errorf("round %d, gateway %d: author %+v", round, i, u)
			}
			if u := profile(t, reader, fan, fan.Token); u.FollowCount != one(wanted) || u.FavoriteCount != one(wanted) {
				t.Errorf("round %d, gateway %d: fan %+v", round, i, u)
			}
			if list := follows(t, reader, fan, fan.Token); int64(len(list)) != one(wanted) {
				t.Errorf("round %d, gateway %d: follows %v", round, i, userIDs(list))
			}
			if list := followers(t, reader, author, ""); int64(len(list)) != one(wanted) {
				t.Errorf("round %d, gateway %d: followers %v", round, i, userIDs(list))
			}
			if list := liked(t, reader, fan.ID, ""); int64(len(list)) != one(wanted) {
				t.Errorf("round %d, gateway %d: likes %v", round, i, ids(list))
			}
			if list := comments(t, reader, video.ID, ""); len(list) != round+1 || list[0].ID != mine.ID {
				t.Errorf("round %d, gateway %d: %d comments", round, i, len(list))
			}
			if list := contents(chat(t, reader, author, fan, "0")); len(list) != round+1 || list[round] != text {
				t.Errorf("round %d, gateway %d: messages %v", round, i, list)
			}
			feed := must(reader.Feed(t.Context(), "", fan.Token))(t)
			accepted(t, feed)
			if at := slices.IndexFunc(feed.Videos, func(v Video) bool { return v.ID == video.ID }); at >= 0 {
				if v := feed.Videos[at]; v.IsFavorite != wanted || v.Author.IsFollow != wanted {
					t.Errorf("round %d, gateway %d: the feed shows flags %t and %t", round, i, v.IsFavorite, v.Author.IsFollow)
				}
			}
		}
	}
}

// A place in a chat is the session's, whichever gateway its polls go through.
func TestPollsThroughAnyGateway(t *testing.T) {
	phones := gateways()
	a, b := newAccount(t, phones[0]), newAccount(t, phones[0])
	say(t, phones[0], b, a, "first")
	seen := contents(chat(t, phones[0], a, b, "0"))
	want := []string{"first"}
	for i := range 20 {
		text := fmt.Sprintf("message %d", i)
		want = append(want, text)
		say(t, phones[i%len(phones)], b, a, text)
		clock := decimal(time.Now().Add(time.Duration(i-10) * time.Minute).UnixMilli())
		for j := range phones {
			seen = append(seen, contents(chat(t, phones[(i+j)%len(phones)], a, b, clock))...)
		}
	}
	if !slices.Equal(seen, want) {
		t.Errorf("seen %v, want %v", seen, want)
	}
}
