package model_test

import (
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/model"
	"github.com/douyin-on-dapr/douyin/services/platform/ids"
)

// planned returns a data set whose actors and first video have ids.
func planned(t *testing.T, shape model.Shape) *model.Data {
	t.Helper()
	now := time.Now()
	d := model.Plan(shape, now)
	generator := ids.New(0, func() time.Time { return now })
	next := func() int64 {
		id, err := generator.Next()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for i := range d.Actors {
		d.UserIDs[i] = next()
		d.Actors[i].ID = d.UserIDs[i]
	}
	d.VideoIDs[0] = next()
	d.Index()
	return d
}

func TestShapeIsKept(t *testing.T) {
	for _, shape := range []model.Shape{model.NewShape(1, 64), model.NewShape(1, 2), model.NewShape(3, 64)} {
		d := planned(t, shape)
		if len(d.UserIDs) != shape.Users || len(d.VideoIDs) != shape.Videos || len(d.Authors) != shape.Videos {
			t.Errorf("%+v: %d users, %d videos, %d authors", shape, len(d.UserIDs), len(d.VideoIDs), len(d.Authors))
		}
		if len(d.Follows) != shape.Follows || len(d.Likes) != shape.Likes || len(d.Comments) != shape.Comments {
			t.Errorf("%+v: %d follows, %d likes, %d comments", shape, len(d.Follows), len(d.Likes), len(d.Comments))
		}
		messages := 0
		for _, chat := range d.Chats {
			messages += chat.Messages
		}
		if messages != shape.Messages {
			t.Errorf("%+v: %d messages", shape, messages)
		}
	}
}

func TestTopUserAndTopVideo(t *testing.T) {
	shape := model.NewShape(3, 64)
	d := planned(t, shape)
	followers, likes, comments := map[int64]int{}, map[int64]int{}, map[int64]int{}
	for _, follow := range d.Follows {
		followers[d.UserIDs[follow.To]]++
	}
	for _, like := range d.Likes {
		likes[d.VideoIDs[like.To]]++
	}
	for _, c := range d.Comments {
		comments[d.VideoIDs[c.Video]]++
	}
	if followers[d.TopUser()] != shape.TopFollows || likes[d.TopVideo()] != shape.TopLikes || comments[d.TopVideo()] != shape.TopComments {
		t.Errorf("%d followers, %d likes, %d comments of the top, want %+v",
			followers[d.TopUser()], likes[d.TopVideo()], comments[d.TopVideo()], shape)
	}
}

// The counts of a reader's lists are in the titles of the endpoints.
func TestListsOfReaders(t *testing.T) {
	d := planned(t, model.NewShape(1, 64))
	readers := int32(d.Readers())
	follows, followers, likes, videos, chats := map[int32]int{}, map[int32]int{}, map[int32]int{}, map[int32]int{}, map[int32]int{}
	follow := map[model.Pair]bool{}
	for _, f := range d.Follows {
		follow[f] = true
		follows[f.From]++
		followers[f.To]++
	}
	for _, l := range d.Likes {
		likes[l.From]++
	}
	for _, a := range d.Authors {
		videos[a]++
	}
	for _, c := range d.Chats {
		if c.Messages == model.ReaderChat {
			chats[c.A]++
		}
	}
	for reader := range readers {
		friends := 0
		for f := range follow {
			if f.From == reader && follow[model.Pair{From: f.To, To: reader}] {
				friends++
			}
		}
		if follows[reader] != model.ReaderFollows || friends != model.ReaderFriends || followers[reader] != model.ReaderFriends {
			t.Errorf("reader %d: %d follows, %d friends, %d followers", reader, follows[reader], friends, followers[reader])
		}
		if likes[reader] != model.ReaderLikes || videos[reader] != model.ReaderVideos || chats[reader] != 1 {
			t.Errorf("reader %d: %d likes, %d videos, %d long chats", reader, likes[reader], videos[reader], chats[reader])
		}
	}
	for writer := readers; writer < 2*readers; writer++ {
		if follows[writer]+followers[writer]+likes[writer]+videos[writer] != 0 {
			t.Errorf("writer %d has rows", writer)
		}
	}
}

func TestReadersKnowTheirLikesAndFollows(t *testing.T) {
	d := planned(t, model.NewShape(1, 64))
	for _, l := range d.Likes {
		if int(l.From) < d.Readers() && !d.ReaderLikes(int(l.From), d.VideoIDs[l.To]) {
			t.Fatalf("reader %d does not know a like", l.From)
		}
	}
	for _, f := range d.Follows {
		if int(f.From) < d.Readers() && !d.ReaderFollows(int(f.From), d.UserIDs[f.To]) {
			t.Fatalf("reader %d does not know a follow", f.From)
		}
	}
	if d.ReaderLikes(0, d.TopVideo()) || d.ReaderFollows(0, d.TopUser()) {
		t.Error("a reader likes or follows the top")
	}
}

// Ids and pairs are keys, and an id that a service makes later is greater.
func TestKeysAreUnique(t *testing.T) {
	for _, shape := range []model.Shape{model.NewShape(1, 64), model.NewShape(2, 64)} {
		d := planned(t, shape)
		for name, all := range map[string][]int64{"users": d.UserIDs, "videos": d.VideoIDs} {
			sorted := slices.Sorted(slices.Values(all))
			if len(slices.Compact(sorted)) != len(all) {
				t.Errorf("%s: an id twice", name)
			}
			if sorted[0] <= 0 || sorted[len(sorted)-1] > ids.Max {
				t.Errorf("%s: ids from %d to %d", name, sorted[0], sorted[len(sorted)-1])
			}
		}
		rows := map[int64]bool{}
		for n := range d.Comments {
			rows[d.CommentID(n)] = true
		}
		if len(rows) != len(d.Comments) {
			t.Error("a comment id twice")
		}
		clear(rows)
		for n := range shape.Messages {
			rows[d.MessageID(n)] = true
			if n > 0 && !d.MessageTime(n).Truncate(time.Millisecond).After(d.MessageTime(n-1).Truncate(time.Millisecond)) {
				t.Fatalf("message %d is not later than the one before", n)
			}
		}
		if len(rows) != shape.Messages {
			t.Error("a message id twice")
		}
		for name, pairs := range map[string][]model.Pair{"follows": d.Follows, "likes": d.Likes} {
			seen := map[model.Pair]bool{}
			for _, p := range pairs {
				if seen[p] || name == "follows" && p.From == p.To {
					t.Fatalf("%s: %v twice, or of oneself", name, p)
				}
				seen[p] = true
			}
		}
	}
}

func TestPlansOfOneShapeAreTheSame(t *testing.T) {
	a, b := planned(t, model.NewShape(1, 8)), planned(t, model.NewShape(1, 8))
	if !slices.Equal(a.Follows, b.Follows) || !slices.Equal(a.Likes, b.Likes) || !slices.Equal(a.Comments, b.Comments) ||
		!slices.Equal(a.Chats, b.Chats) || !slices.Equal(a.Authors, b.Authors) {
		t.Error("two plans differ")
	}
}
