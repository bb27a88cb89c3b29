package compose_test

import (
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/fake"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// harness is a Composer on fakes.
type harness struct {
	*compose.Composer
	users        *fake.Users
	videos       *fake.Videos
	interactions *fake.Interactions
	relations    *fake.Relations
	chats        *fake.Chats
	states       *fake.States
}

// fakes are all fakes that count their calls.
func (h *harness) fakes() []*fake.Calls {
	return []*fake.Calls{&h.users.Calls, &h.videos.Calls, &h.interactions.Calls, &h.relations.Calls, &h.chats.Calls, &h.states.Calls}
}

func (h *harness) reset() {
	for _, calls := range h.fakes() {
		calls.Reset()
	}
}

// crossings is the number of calls that left the gateway.
func (h *harness) crossings() int {
	total := 0
	for _, calls := range h.fakes() {
		total += calls.Total()
	}
	return total
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{
		users: &fake.Users{}, videos: &fake.Videos{}, states: &fake.States{},
		interactions: &fake.Interactions{}, relations: &fake.Relations{}, chats: &fake.Chats{},
	}
	h.interactions.AuthorOf = h.videos.AuthorOf
	c := compose.New(compose.Options{
		Users:        h.users,
		Videos:       h.videos,
		Interactions: h.interactions,
		Relations:    h.relations,
		Chats:        h.chats,
		Hot:          hotstate.New(h.states, slog.New(slog.NewTextHandler(io.Discard, nil))),
		Links:        compose.NewLinks("http://phone.example:8080"),
	})
	t.Cleanup(c.Close)
	h.Composer = c
	return h
}

// publish adds n videos by two authors, one per second from second 1 on.
func (h *harness) publish(n int) {
	a, b := h.users.Add("amy", "x"), h.users.Add("bob", "x")
	for i := 1; i <= n; i++ {
		author := a
		if i%2 == 0 {
			author = b
		}
		h.videos.Add(author, int64(i)*1000, fmt.Sprintf("video %d", i))
	}
}

// head stores the hot document of the feed as its owner does.
func (h *harness) head(t *testing.T) {
	t.Helper()
	newest := h.videos.Published()
	h.headOf(t, newest[:min(90, len(newest))])
}

func (h *harness) headOf(t *testing.T, newest []*videov1.Video) {
	t.Helper()
	if err := h.states.Store(hotv1.FeedHeadKey, &hotv1.FeedHead{Videos: newest}); err != nil {
		t.Fatal(err)
	}
}

func feed(t *testing.T, h *harness, before int64) *compose.Page {
	t.Helper()
	page, err := h.Feed(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	return page
}
