package audit_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

// feedHead is the right document of the feed for the videos of the harness.
func feedHead(t *testing.T) *hotv1.FeedHead {
	t.Helper()
	head := &hotv1.FeedHead{}
	for _, v := range slices.Backward(opsharness.Videos()[:3]) {
		head.Videos = append(head.Videos, v)
	}
	return head
}

func testEachStaleHotDocumentIsFound(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	head := feedHead(t)
	head.Videos = head.GetVideos()[1:]
	for key, document := range map[string]proto.Message{
		hotv1.UserProfileKey(2):                &hotv1.UserProfile{Profile: &userv1.Profile{Id: 2, Name: "bobby", Signature: "hi", CreatedAtMs: 2000}},
		hotv1.AuthorWorksKey(1):                &hotv1.AuthorWorks{Works: 1},
		hotv1.FeedHeadKey:                      head,
		hotv1.LikeSetKey(1):                    &hotv1.LikeSet{VideoIds: []int64{101}},
		hotv1.LikeSetKey(3):                    &hotv1.LikeSet{VideoIds: []int64{101}, Capped: true},
		hotv1.UserLikesKey(1):                  &hotv1.UserLikes{Given: 2, Received: 4},
		hotv1.FollowSetKey(3):                  &hotv1.FollowSet{},
		hotv1.UserRelationsKey(1):              &hotv1.UserRelations{Follows: 2, Followers: 2},
		hotv1.ChatWindowKey(2, 1):              &hotv1.ChatWindow{Complete: true, Messages: []*chatv1.Message{{Id: 301, FromUserId: 1, ToUserId: 2, Content: "hello", CreatedAtMs: 1001, Seq: 1}}},
		hotv1.ChatDeliveryPositionKey("S2", 1): &hotv1.ChatDeliveryPosition{DeliveredMs: 1001},
	} {
		h.hot.put(t, key, document)
	}
	h.hot.entries["given:2"] = hotEntry{[]byte("\xff"), 1}
	h.hot.put(t, "given:two", &hotv1.UserLikes{})
	h.hot.put(t, "fresh:1", &hotv1.UserLikes{})
	o := h.onlyRows()
	o.Hot = h.hot
	report := run(t, o)
	var broken []string
	for _, v := range report.Violations {
		if v.Invariant != "I7" || v.Expected == v.Found {
			t.Errorf("%s", v)
		}
		broken = append(broken, strings.TrimPrefix(v.What, "hot document "))
	}
	slices.Sort(broken)
	want := []string{"chat:1:2", "feed:head", "follows:3", "given:1", "given:2", "given:two", "likes:1", "likes:3", "place:S2:1", "rel:1", "user:2", "work:1"}
	if !slices.Equal(broken, want) {
		t.Errorf("found %q\nwant  %q", broken, want)
	}
	if !slices.Contains(report.Notes, "hot state: documents fresh:... are not compared, the audit does not know them") {
		t.Errorf("notes %q", report.Notes)
	}
}

// A document that is renewed within the allowed staleness is no violation.
func testDocumentRenewedInTime(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	h.hot.put(t, hotv1.AuthorWorksKey(1), &hotv1.AuthorWorks{Works: 1})
	reads := 0
	h.hot.reads = func(key string) { // not concurrent: one comparison is left after the first round
		if key != hotv1.AuthorWorksKey(1) {
			return
		}
		if reads++; reads == 3 { // the first sample reads twice
			h.hot.invalidate(t, key)
		}
	}
	o := h.onlyRows()
	o.Hot = h.hot
	wantViolations(t, run(t, o))
	if reads != 3 {
		t.Errorf("read %d times", reads)
	}
}

// A document that is renewed again and again, but always wrong, is a violation.
func testDocumentRenewedWrongly(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	reads := 0
	h.hot.reads = func(key string) {
		if key != hotv1.AuthorWorksKey(1) {
			return
		}
		if reads++; reads%4 == 1 {
			h.hot.put(t, key, &hotv1.AuthorWorks{Works: 7})
		}
	}
	o := h.onlyRows()
	o.Hot = h.hot
	wantViolations(t, run(t, o), "I7 hot document work:1: expected works:2, found works:7")
}

// A document that changes between any two reads cannot be compared; a note says
// so.
func testDocumentThatAlwaysChanges(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	h.hot.reads = func(key string) {
		if key == hotv1.AuthorWorksKey(1) {
			h.hot.put(t, key, &hotv1.AuthorWorks{Works: 7})
		}
	}
	o := h.onlyRows()
	o.Hot = h.hot
	report := run(t, o)
	wantViolations(t, report)
	if !slices.Contains(report.Notes, "hot document work:1 changes too fast to be compared") {
		t.Errorf("notes %q", report.Notes)
	}
}

func testHotStateDown(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	h.hot.err = os.ErrDeadlineExceeded
	o := h.onlyRows()
	o.Hot = h.hot
	if _, err := audit.Run(t.Context(), o); err == nil {
		t.Error("an audit without hot state succeeds")
	}
}

func testEachWrongAnswerOfTheAPIIsFound(t *testing.T, d opsharness.Databases) {
	for name, test := range map[string]struct {
		spoil func(*apiFake)
		want  []string
	}{
		"counts of a profile": {func(f *apiFake) {
			f.users[1] = audit.UserSeen{ID: 1, Works: 1, Given: 1, Received: 1, Follows: 7, Followers: 8}
		},
			[]string{"I3 profile of user 1: expected favorite_count 2, follow_count 1, follower_count 2, total_favorited 3, work_count 2, found favorite_count 1, follow_count 7, follower_count 8, total_favorited 1, work_count 1"}},
		"another user": {func(f *apiFake) { f.users[3] = audit.UserSeen{ID: 4, Follows: 1, Given: 1} },
			[]string{"I3 profile of user 3: expected id 3, found id 4"}},
		"a publish list": {func(f *apiFake) { f.lists["/douyin/publish/list/"][1] = []int64{101, 102} },
			[]string{"I3 publish list of user 1: expected 2 entries, the 1. being 102, found 2, the 1. being 101"}},
		"counts in a publish list": {func(f *apiFake) { f.videos[103] = audit.VideoSeen{ID: 103, Likes: 0, Comments: 2} },
			[]string{"I3 publish list of user 2: expected 1 entries, the 1. being 103 with 1 likes and 0 comments, found 1, the 1. being 103 with 0 likes and 2 comments"}},
		"a favorite list": {func(f *apiFake) { f.lists["/douyin/favorite/list/"][2] = []int64{101, 102} },
			[]string{"I3 favorite list of user 2: expected 1 entries, found 2, the first ones alike"}},
		"a follow list": {func(f *apiFake) { delete(f.lists["/douyin/relation/follow/list/"], 3) },
			[]string{"I3 follow list of user 3: expected 1 entries, found 0, the first ones alike"}},
		"a follower list": {func(f *apiFake) { f.lists["/douyin/relation/follower/list/"][1] = []int64{3, 2} },
			[]string{"I3 follower list of user 1: expected 2 entries, the 1. being 2, found 2, the 1. being 3"}},
		"a deleted comment": {func(f *apiFake) { f.lists["/douyin/comment/list/"][101] = []int64{202, 201} },
			[]string{"I3 comment list of video 101: expected 1 entries, the 1. being 201, found 2, the 1. being 202"}},
		"a refusal": {func(f *apiFake) { f.refuse["/douyin/comment/list/"] = true }, []string{
			"I3 comment list of video 101: expected an answer, found a refusal: no (status_code 9)",
			"I3 comment list of video 102: expected an answer, found a refusal: no (status_code 9)",
			"I3 comment list of video 103: expected an answer, found a refusal: no (status_code 9)",
		}},
		"a video is missing in the feed": {func(f *apiFake) { f.feed = slices.Delete(slices.Clone(f.feed), 1, 2) },
			[]string{"I9 feed: expected video 102, shown at 1700000005102, found a feed without it"}},
		"an empty feed": {func(f *apiFake) { f.feed = nil },
			[]string{"I9 feed: expected video 103, shown at 1700000005103, found a feed without it"}},
		"a video twice in the feed": {func(f *apiFake) { f.feed = slices.Insert(slices.Clone(f.feed), 1, f.feed[0]) },
			[]string{"I9 feed: expected video 103 once, found a second time"}},
		"a feed in another order": {func(f *apiFake) { f.feed = []audit.VideoSeen{{ID: 102}, {ID: 103}, {ID: 101}} },
			[]string{"I9 feed: expected newest first, as video 103 before video 102, found the other way round"}},
		"a video in the feed that is not ready": {func(f *apiFake) { f.feed = append(slices.Clone(f.feed), audit.VideoSeen{ID: 100}) },
			[]string{"I9 feed: expected ready videos only, found video 100"}},
		"a wrong bound of the next page": {func(f *apiFake) { f.times = func(id int64) int64 { return opsharness.ShownAt(id) + 1 } },
			[]string{"I9 feed: expected next_time 1700000005102 after video 102, found 1700000005103"}},
		"a page that is too long": {func(f *apiFake) { f.pageSize = 40; f.feed = make([]audit.VideoSeen, 40) },
			[]string{"I9 feed: expected an answer, found 40 videos on one page"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, d)
			test.spoil(h.api)
			o := h.onlyRows()
			o.API = h.api
			wantViolations(t, run(t, o), test.want...)
		})
	}
}

func testAPIDown(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	h.api.failing = true
	o := h.onlyRows()
	o.API = h.api
	report := run(t, o)
	if len(report.Violations) != comparisons {
		t.Errorf("%d violations, want one for each of %d answers", len(report.Violations), comparisons)
	}
}

func testSampleBoundsTheRequests(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	o := h.onlyRows()
	o.API, o.Sample = h.api, 2
	report := run(t, o)
	wantViolations(t, report)
	if report.Compared.Answers != 1+2*5+2 {
		t.Errorf("%d answers", report.Compared.Answers)
	}
	if !slices.Contains(report.Notes, "api: 2 of 3 users are compared") {
		t.Errorf("notes %q", report.Notes)
	}
}

func testEachFaultOfObjectsIsFound(t *testing.T, d opsharness.Databases) {
	for name, test := range map[string]struct {
		spoil func(*testing.T, *harness)
		want  string // how the line begins
	}{
		"a part is missing": {func(t *testing.T, h *harness) {
			if err := os.Remove(h.Part("videos/101/source", 1)); err != nil {
				t.Fatal(err)
			}
		}, "I8 object of video 101: expected its bytes, found objectstore.Part"},
		"a part is damaged": {func(t *testing.T, h *harness) { h.Store(t, "videos/102/source", 2, []byte("xx")) },
			"I8 object of video 102: expected its bytes, found bytes with another checksum"},
		"a part is too short": {func(t *testing.T, h *harness) { h.Store(t, "videos/102/source", 0, []byte("x")) },
			"I8 object of video 102: expected its bytes, found objectstore.Part"},
		"a cover is missing": {func(t *testing.T, h *harness) {
			if err := os.RemoveAll(h.Folder + "/videos/103/1/cover"); err != nil {
				t.Fatal(err)
			}
		}, "I8 cover of video 103: expected its bytes, found objectstore.Part"},
		"a playable is damaged": {func(t *testing.T, h *harness) { h.Store(t, "videos/103/1/play", 0, []byte("rude")) },
			"I8 playable of video 103: expected its bytes, found bytes with another checksum"},
		"an index cannot be read": {func(t *testing.T, h *harness) {
			h.Store(t, "videos/103/1/hls/index", 0, []byte("\xff\xff\xff\xff"))
		}, "I8 index of video 103: expected its bytes, found bytes with another checksum"},
		"a header of a track is missing": {func(t *testing.T, h *harness) {
			if err := os.Remove(h.Part("videos/103/1/hls/720/init", 1)); err != nil {
				t.Fatal(err)
			}
		}, "I8 header of track 720 of video 103: expected its bytes, found objectstore.Part"},
		"a segment is damaged": {func(t *testing.T, h *harness) { h.Store(t, "videos/103/1/hls/720/00000", 0, []byte("xxxx")) },
			"I8 segment 0 of track 720 of video 103: expected its bytes, found bytes with another checksum"},
		"the source of a video in processing is damaged": {func(t *testing.T, h *harness) { h.Store(t, "videos/104/source", 0, []byte("xxxx")) },
			"I8 object of video 104: expected its bytes, found bytes with another checksum"},
		"a whole object in a folder": {func(t *testing.T, h *harness) {
			h.Exec(t, "video", `INSERT INTO uploads (video_id, author_id, object_key, part_size, max_size, aborting, expires_at_ms, due_at_ms)
				VALUES (111, 3, 'videos/104/source', 4, 100, FALSE, 9000, 9000)`) // a row still names its parts
			h.Exec(t, "video", `UPDATE videos SET layout = 1 WHERE id = 104`)
		}, "I8 object of video 104: expected its bytes, found objectstore.Part"},
		"objects whose removal is not recorded": {func(t *testing.T, h *harness) { h.Exec(t, "video", `DELETE FROM removals`) },
			"I8 object videos/105/source/000001: expected a video or an upload that has it, found none"},
		"a lost attempt": {func(t *testing.T, h *harness) { h.Store(t, "videos/104/1/cover", 0, []byte("x")) },
			"I8 object videos/104/1/cover/000000: expected a video or an upload that has it, found none"},
		"an unnamed part": {func(t *testing.T, h *harness) { h.Store(t, "videos/999/source", 0, []byte("x")) },
			"I8 object videos/999/source/000000: expected a video or an upload that has it, found none"},
		"one extra part": {func(t *testing.T, h *harness) { h.Store(t, "videos/101/source", 3, []byte("x")) },
			"I8 object videos/101/source/000003: expected a video or an upload that has it, found none"},
		"a file that is not a part": {func(t *testing.T, h *harness) {
			if err := os.WriteFile(h.Folder+"/note", nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "I8 object note: expected a video or an upload that has it, found none"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, d)
			test.spoil(t, h)
			o := h.onlyRows()
			o.Objects = storage.Folder(h.Folder)
			wantBeginning(t, run(t, o), test.want)
		})
	}
}
