package model

import (
	"math"
	"math/rand/v2"
	"time"
)

// age is how long ago the oldest row of a data set was written.
const age = 30 * 24 * time.Hour

// Plan makes a data set of a shape, the same at every call but for its times. Ids
// of actors and of the first video come from the system; their fields are set
// later.
func Plan(s Shape, now time.Time) *Data {
	d := &Data{Shape: s, Actors: make([]Actor, s.Actors), UserIDs: make([]int64, s.Users), Base: now.Add(-age)}
	p := planner{d, rand.New(rand.NewPCG(1, 2))} //nolint:gosec // the same data at every call
	for i := s.Actors; i < s.Users; i++ {
		d.UserIDs[i] = id(d.Base.Add(time.Duration(i-s.Actors) * time.Millisecond))
	}
	p.videos()
	p.follows()
	p.likes()
	p.comments()
	p.chats()
	return d
}

// The ids of rows: 41 bits of milliseconds since 2024, 6 bits of a node, 6 bits of
// a sequence, as services/platform/ids makes them. No service has the last node.
const (
	epochMillis = 1_704_067_200_000
	node        = 63
)

func id(at time.Time) int64 { return (at.UnixMilli()-epochMillis)<<12 | node<<6 }

type planner struct {
	*Data
	random *rand.Rand
}

// seeded returns an even choice of the users that are no actors.
func (p planner) seeded() int32 {
	return int32(p.Shape.Actors + p.random.IntN(p.Shape.Users-p.Shape.Actors))
}

// skewed returns a number below n, small ones more often.
func (p planner) skewed(n int) int { return int(float64(n) * math.Pow(p.random.Float64(), 3)) }

func (d *Data) topUser() int { return d.Shape.Actors }

func (d *Data) topVideo() int { return d.Shape.Videos - 1 }

// friend returns the index of friend n of a reader.
func (d *Data) friend(reader, n int) int32 {
	others := d.Shape.Users - d.Shape.Actors - 1
	return int32(d.topUser() + 1 + (reader*7+n)%others)
}

// VideoTime is when video n was published. The last ones are in the feed; the
// first one is published through the API, after all others.
func (d *Data) VideoTime(n int) time.Time {
	return d.Base.Add(age/2 + time.Duration(n)*time.Second)
}

// videos gives each reader their videos, and the rest to the others. The authors
// alternate, so that the feed shows videos of many.
func (p planner) videos() {
	n := p.Shape.Videos
	p.VideoIDs, p.Authors = make([]int64, n), make([]int32, n)
	for i := 1; i < n; i++ {
		p.VideoIDs[i] = id(p.VideoTime(i))
		p.Authors[i] = p.seeded()
	}
	// The first video, of reader 0, is one of theirs.
	ofReaders := p.Readers()*ReaderVideos - 1
	step := max((n-2)/ofReaders, 1)
	for i := range ofReaders {
		p.Authors[1+i*step] = int32((i + 1) % p.Readers())
	}
	p.Authors[p.topVideo()] = int32(p.topUser())
}

// follows gives the readers their follows and friends, and the top user the most
// followers. Nobody else follows a reader, or they could become friends.
func (p planner) follows() {
	seen := make(map[Pair]bool, p.Shape.Follows)
	add := func(from, to int32) {
		if pair := (Pair{from, to}); from != to && !seen[pair] {
			seen[pair] = true
			p.Follows = append(p.Follows, pair)
		}
	}
	for reader := range p.Readers() {
		for n := range ReaderFollows {
			friend := p.friend(reader, n)
			add(int32(reader), friend)
			if n < ReaderFriends {
				add(friend, int32(reader))
			}
		}
	}
	top := p.topUser()
	for n := range p.Shape.TopFollows {
		add(int32(top+1+n%(p.Shape.Users-top-1)), int32(top))
	}
	for tries := 0; len(p.Follows) < p.Shape.Follows && tries < 20*p.Shape.Follows; tries++ {
		// The users after the top one have more followers than the last ones.
		add(p.seeded(), int32(top+1+p.skewed(p.Shape.Users-top-1)))
	}
}

func (p planner) likes() {
	seen := make(map[Pair]bool, p.Shape.Likes)
	add := func(from, to int32) {
		if pair := (Pair{from, to}); !seen[pair] {
			seen[pair] = true
			p.Likes = append(p.Likes, pair)
		}
	}
	top, n := p.topVideo(), p.Shape.Videos
	for reader := range p.Readers() {
		// Some of them are in the feed, which shows the last videos.
		for i := range ReaderLikes {
			video := top - 1 - (reader+i*3)%min(n-2, 300)
			add(int32(reader), int32(video))
		}
	}
	for i := range p.Shape.TopLikes {
		add(int32(p.Shape.Actors+i%(p.Shape.Users-p.Shape.Actors)), int32(top))
	}
	for tries := 0; len(p.Likes) < p.Shape.Likes && tries < 20*p.Shape.Likes; tries++ {
		add(p.seeded(), int32(top-1-p.skewed(n-1)))
	}
}

func (p planner) comments() {
	for range p.Shape.TopComments {
		p.Comments = append(p.Comments, Comment{p.seeded(), int32(p.topVideo())})
	}
	for len(p.Comments) < p.Shape.Comments {
		p.Comments = append(p.Comments, Comment{p.seeded(), int32(p.topVideo() - 1 - p.skewed(p.Shape.Videos-1))})
	}
}

// chats gives each reader a long conversation with the first friend and a message
// with the others.
func (p planner) chats() {
	seen := map[Pair]bool{}
	left := p.Shape.Messages
	add := func(a, b int32, messages int) {
		pair := Pair{min(a, b), max(a, b)}
		if a == b || seen[pair] || messages > left {
			return
		}
		seen[pair] = true
		left -= messages
		p.Chats = append(p.Chats, Chat{a, b, messages})
	}
	for reader := range p.Readers() {
		add(int32(reader), p.friend(reader, 0), ReaderChat)
	}
	for reader := range p.Readers() {
		for n := 1; n < ReaderFriends; n++ {
			add(int32(reader), p.friend(reader, n), 1)
		}
	}
	for tries := 0; left > 0 && tries < 20*p.Shape.Messages; tries++ {
		add(p.seeded(), p.seeded(), 1)
	}
}

// quarter is the part of the time in which comments, and then messages, are
// written.
const quarter = age / 4

// CommentTime is when comment n was written.
func (d *Data) CommentTime(n int) time.Time {
	return d.Base.Add(2*quarter + time.Duration(n)*quarter/time.Duration(len(d.Comments)))
}

// CommentID is the id of comment n. Ids of different comments differ, because the
// time between two of them is more than a millisecond at every scale.
func (d *Data) CommentID(n int) int64 { return id(d.CommentTime(n)) }

// MessageTime is when message n of all was written.
func (d *Data) MessageTime(n int) time.Time {
	return d.Base.Add(3*quarter + time.Duration(n)*quarter/time.Duration(d.Shape.Messages+1))
}

// MessageID is the id of message n of all.
func (d *Data) MessageID(n int) int64 { return id(d.MessageTime(n)) }

// RelationTime is when follow or like n of so many was created.
func (d *Data) RelationTime(n, of int) time.Time {
	return d.Base.Add(2*quarter + time.Duration(float64(n)/float64(of)*float64(2*quarter)))
}
