// Package model holds the data set that a benchmark works on: who exists, who
// follows whom and who likes what. It is made before the databases are filled, so
// answers of the API can be compared with it.
package model

import "time"

// Shape says how much data there is.
type Shape struct {
	Scale       int `json:"scale"`
	Actors      int `json:"actors"` // users with a session
	Users       int `json:"users"`  // actors included
	Videos      int `json:"videos"`
	Likes       int `json:"likes"`
	TopLikes    int `json:"top_likes"` // of one video
	Comments    int `json:"comments"`
	TopComments int `json:"top_comments"` // of one video
	Follows     int `json:"follows"`
	TopFollows  int `json:"top_followers"` // of one user
	Messages    int `json:"messages"`
}

// The lists of every reader, whatever the scale.
const (
	ReaderVideos  = 22 // published
	ReaderLikes   = 72 // given
	ReaderFollows = 26
	ReaderFriends = 20 // of the follows
	ReaderChat    = 40 // messages with the first friend

	// PageLimit and CommentLimit are how many entries a request for the followers of
	// the top user, or the comments of the top video, asks for.
	PageLimit    = 500
	CommentLimit = 200
)

// maxVideos bounds the videos of a large scale: each has files of its own.
const maxVideos = 20_000

// NewShape returns the shape of a scale, 1 for the small data set. A larger scale
// follows a power law: one video has likes of most users, and one user's followers
// are a tenth of that.
func NewShape(scale, actors int) Shape {
	s := Shape{
		Scale: scale, Actors: actors, Users: 1_000, Videos: 2_000,
		Likes: 20_000, TopLikes: 400, Comments: 5_000, TopComments: CommentLimit,
		Follows: 20_000, TopFollows: PageLimit, Messages: 2_000,
	}
	if scale > 1 {
		s.TopLikes = 10_000 * scale
		s.Users = s.TopLikes + 1_000
		s.Videos = min(s.Videos*scale, maxVideos)
		s.Likes *= scale
		s.Comments *= scale
		s.TopComments *= scale
		s.Follows *= scale
		s.TopFollows = 1_000 * scale
		s.Messages *= scale
	}
	s.Users = max(s.Users, s.Actors+s.TopFollows+1)
	return s
}

// Actor is a user with a session, through which requests are made.
type Actor struct {
	ID    int64
	Name  string
	Token string
}

// Pair is one relation between two users, or a user and a video, by index.
type Pair struct{ From, To int32 }

// Comment is one comment, by indexes.
type Comment struct{ User, Video int32 }

// Chat is one conversation, by indexes of users.
type Chat struct {
	A, B     int32
	Messages int
}

// Data is a data set. Users and videos are named by index. The first half of the
// actors are readers, whose lists never change; the second half are writers, who
// have neither likes nor follows at first.
type Data struct {
	Shape  Shape
	Actors []Actor

	UserIDs  []int64
	VideoIDs []int64
	Authors  []int32 // of the videos

	Follows  []Pair
	Likes    []Pair
	Comments []Comment
	Chats    []Chat

	Base time.Time // the oldest row is written at this time

	likes   []map[int64]bool // by reader, of video ids
	follows []map[int64]bool // by reader, of user ids
}

// Readers is the number of readers, and of writers.
func (d *Data) Readers() int { return len(d.Actors) / 2 }

// Reader returns reader n, for any n.
func (d *Data) Reader(n int) Actor { return d.Actors[n%d.Readers()] }

// Writer returns writer n, for any n.
func (d *Data) Writer(n int) Actor { return d.Actors[d.Readers()+n%d.Readers()] }

// ReaderLikes reports whether a reader likes a video.
func (d *Data) ReaderLikes(reader int, videoID int64) bool {
	return d.likes[reader%d.Readers()][videoID]
}

// ReaderFollows reports whether a reader follows a user.
func (d *Data) ReaderFollows(reader int, userID int64) bool {
	return d.follows[reader%d.Readers()][userID]
}

// Friend returns the id of the user with whom a reader has the long conversation.
func (d *Data) Friend(reader int) int64 {
	return d.UserIDs[d.friend(reader%d.Readers(), 0)]
}

// TopUser is the id of the user with the most followers.
func (d *Data) TopUser() int64 { return d.UserIDs[d.topUser()] }

// TopVideo is the id of the video with the most likes and comments.
func (d *Data) TopVideo() int64 { return d.VideoIDs[d.topVideo()] }

// Index prepares ReaderLikes and ReaderFollows. Call it when all ids are known.
func (d *Data) Index() {
	d.likes = make([]map[int64]bool, d.Readers())
	d.follows = make([]map[int64]bool, d.Readers())
	for i := range d.likes {
		d.likes[i], d.follows[i] = map[int64]bool{}, map[int64]bool{}
	}
	for _, like := range d.Likes {
		if int(like.From) < d.Readers() {
			d.likes[like.From][d.VideoIDs[like.To]] = true
		}
	}
	for _, follow := range d.Follows {
		if int(follow.From) < d.Readers() {
			d.follows[follow.From][d.UserIDs[follow.To]] = true
		}
	}
}
