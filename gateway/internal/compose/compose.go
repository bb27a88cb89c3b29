package compose

import (
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

const (
	// maxAge of the copies in the process: the feed, and the counts of users in
	// lists, may be a second old.
	maxAge = time.Second

	// maxVideos bounds a generation of videos of lists; one takes about a kilobyte.
	maxVideos = 20_000
)

// Options of a Composer.
type Options struct {
	Users        Users
	Videos       Videos
	Interactions Interactions
	Relations    Relations
	Chats        Chats
	Hot          Hot
	Links        Links
}

// Composer makes the objects that the client shows. It is safe for concurrent use.
type Composer struct {
	peers                // lenient
	exact          peers // for what must not be shown with old counts
	links          Links
	cards          *userCards
	videosByID     *copies[*videov1.Video] // nil: there is none
	pages          *pages
	head           *memo[*head]
	closeLastKnown func()
}

// New makes a Composer. Close releases it.
func New(o Options) *Composer {
	exact := peers{users: o.Users, videos: o.Videos, interactions: o.Interactions, relations: o.Relations, chats: o.Chats, hot: o.Hot}
	p, closeLastKnown := lenient(exact)
	cards := newUserCards(p, o.Links)
	c := &Composer{peers: p, exact: exact, links: o.Links, cards: cards, closeLastKnown: closeLastKnown}
	c.videosByID = newCopies(maxVideos, c.loadVideos)
	c.pages = &pages{peers: p, links: o.Links, cards: cards}
	c.head = &memo[*head]{age: maxAge, load: c.pages.loadHead}
	return c
}

// Close ends the goroutines of the caches.
func (c *Composer) Close() {
	c.closeLastKnown()
}

// Forget drops the copy of the newest videos, because one was deleted through this
// gateway and its author will look. (A video becomes ready elsewhere, and is seen
// when the copy is a second old.)
func (c *Composer) Forget() { c.head.forget() }
