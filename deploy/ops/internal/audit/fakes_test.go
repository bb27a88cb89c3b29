package audit_test

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	hotentryv1 "github.com/douyin-on-dapr/douyin/services/contract/hotentry/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

// hotFake is a hot state in memory.
type hotFake struct {
	mu      sync.Mutex
	entries map[string]hotEntry
	reads   func(key string) // called before each read
	err     error
}

type hotEntry struct {
	value   []byte
	version int
}

var _ audit.Hot = (*hotFake)(nil)

// newHotFake holds a right document of each kind except the head of the feed.
func newHotFake(t *testing.T) *hotFake {
	h := &hotFake{entries: map[string]hotEntry{}}
	h.put(t, hotv1.UserProfileKey(2), &hotv1.UserProfile{Profile: &userv1.Profile{Id: 2, Name: "bob", Signature: "hi", CreatedAtMs: 2000}})
	h.put(t, hotv1.AuthorWorksKey(1), &hotv1.AuthorWorks{Works: 2})
	h.put(t, hotv1.AuthorWorksKey(3), &hotv1.AuthorWorks{})
	h.put(t, hotv1.LikeSetKey(1), &hotv1.LikeSet{VideoIds: []int64{101, 103}})
	h.put(t, hotv1.UserLikesKey(1), &hotv1.UserLikes{Given: 2, Received: 3})
	h.put(t, hotv1.FollowSetKey(3), &hotv1.FollowSet{UserIds: []int64{1}})
	h.put(t, hotv1.UserRelationsKey(1), &hotv1.UserRelations{Follows: 1, Followers: 2})
	h.put(t, hotv1.ChatWindowKey(2, 1), &hotv1.ChatWindow{Complete: true, Messages: []*chatv1.Message{
		{Id: 301, FromUserId: 1, ToUserId: 2, Content: "hello", CreatedAtMs: 1001, Seq: 1},
		{Id: 302, FromUserId: 2, ToUserId: 1, Content: "hi", CreatedAtMs: 1002, Seq: 2},
		{Id: 303, FromUserId: 1, ToUserId: 2, Content: "bye", CreatedAtMs: 1003, Seq: 3},
	}})
	h.put(t, hotv1.ChatDeliveryPositionKey("S2", 1), &hotv1.ChatDeliveryPosition{DeliveredMs: 1003, SinceMs: 1002, PreviousMs: 1001})
	h.put(t, hotv1.ChatDeliveryPositionKey("S9", 1), &hotv1.ChatDeliveryPosition{DeliveredMs: 7}) // without a row
	h.invalidate(t, hotv1.LikeSetKey(2))
	return h
}

// documents is the number of valid documents.
const documents = 10

func (h *hotFake) put(t *testing.T, key string, document proto.Message) {
	encoded, err := proto.Marshal(document)
	if err != nil {
		t.Error(err)
	}
	h.entry(t, key, &hotentryv1.Entry{Content: &hotentryv1.Entry_Document{Document: encoded}})
}

func (h *hotFake) invalidate(t *testing.T, key string) {
	h.entry(t, key, &hotentryv1.Entry{Content: &hotentryv1.Entry_Invalidated{Invalidated: true}})
}

func (h *hotFake) entry(t *testing.T, key string, entry *hotentryv1.Entry) {
	value, err := proto.Marshal(entry)
	if err != nil {
		t.Error(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries[key] = hotEntry{value, h.entries[key].version + 1}
}

func (h *hotFake) Keys(context.Context) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.entries)), h.err
}

func (h *hotFake) Entry(_ context.Context, key string) ([]byte, string, error) {
	if h.reads != nil {
		h.reads(key)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	entry, exists := h.entries[key]
	if !exists {
		return nil, "", nil
	}
	return entry.value, strconv.Itoa(entry.version), nil
}

// apiFake is an API with fixed answers.
type apiFake struct {
	users    map[int64]audit.UserSeen
	feed     []audit.VideoSeen            // newest first
	times    func(id int64) int64         // in the feed, by video
	lists    map[string]map[int64][]int64 // ids by path and owner
	videos   map[int64]audit.VideoSeen    // as lists of videos show them
	refuse   map[string]bool              // paths
	failing  bool
	pageSize int
}

var _ audit.API = (*apiFake)(nil)

func newAPIFake() *apiFake {
	videos := map[int64]audit.VideoSeen{
		101: {ID: 101, Likes: 3, Comments: 1},
		102: {ID: 102},
		103: {ID: 103, Likes: 1},
	}
	return &apiFake{
		users: map[int64]audit.UserSeen{
			1: {ID: 1, Name: "Amy", Follows: 1, Followers: 2, Works: 2, Given: 2, Received: 3},
			2: {ID: 2, Name: "bob", Follows: 1, Followers: 1, Works: 1, Given: 1, Received: 1},
			3: {ID: 3, Name: "猫", Follows: 1, Given: 1},
		},
		feed:   []audit.VideoSeen{videos[103], videos[102], videos[101]},
		times:  opsharness.ShownAt,
		videos: videos,
		lists: map[string]map[int64][]int64{
			"/douyin/publish/list/":           {1: {102, 101}, 2: {103}},
			"/douyin/favorite/list/":          {1: {103, 101}, 2: {101}, 3: {101}},
			"/douyin/relation/follow/list/":   {1: {2}, 2: {1}, 3: {1}},
			"/douyin/relation/follower/list/": {1: {2, 3}, 2: {1}},
			"/douyin/comment/list/":           {101: {201}},
		},
		refuse:   map[string]bool{},
		pageSize: 2,
	}
}

// comparisons is the number of compared answers: the feed, four lists and a
// profile of each user, the comments of each video.
const comparisons = 1 + 3*5 + 3

func (f *apiFake) Get(_ context.Context, path string, query url.Values) (audit.Answer, error) {
	if f.failing {
		return audit.Answer{}, errors.New("connection refused")
	}
	if f.refuse[path] {
		return audit.Answer{Code: 9, Text: "no"}, nil
	}
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(query.Get(name), 10, 64) // absent is 0
		return n
	}
	owner := max(number("user_id"), number("video_id"))
	var answer audit.Answer
	switch path {
	case "/douyin/feed/":
		return f.page(number("latest_time")), nil
	case "/douyin/user/":
		answer.User = f.users[owner]
	}
	for _, id := range f.lists[path][owner] {
		answer.Videos = append(answer.Videos, f.videos[id])
		answer.Users = append(answer.Users, audit.UserSeen{ID: id})
		answer.Comments = append(answer.Comments, audit.Seen{ID: id})
	}
	return answer, nil
}

// page starts over if there is nothing older.
func (f *apiFake) page(before int64) audit.Answer {
	var older []audit.VideoSeen
	for _, v := range f.feed {
		if before == 0 || f.times(v.ID) < before {
			older = append(older, v)
		}
	}
	if len(older) == 0 {
		if len(f.feed) == 0 {
			return audit.Answer{Next: opsharness.ShownAt(1_000)}
		}
		return f.page(0)
	}
	older = older[:min(len(older), f.pageSize)]
	return audit.Answer{Videos: older, Next: f.times(older[len(older)-1].ID)}
}
