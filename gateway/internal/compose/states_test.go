package compose_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// newStates has a video of amy's (1) in each state, and her friend bob (2).
func newStates(t *testing.T) (*harness, map[videov1.State]*videov1.Video) {
	t.Helper()
	h := newHarness(t)
	amy := h.users.Add("amy", "x")
	h.users.Add("bob", "x")
	made := map[videov1.State]*videov1.Video{}
	for state := videov1.State_STATE_UPLOADED; state <= videov1.State_STATE_PROCESSING; state++ {
		v := h.videos.Add(amy, int64(state)*1000, state.String())
		v.State = state
		if state != videov1.State_STATE_READY {
			v.ShownAtMs = 0
		}
		made[state] = v
	}
	made[videov1.State_STATE_PROCESSING].Progress = 42
	made[videov1.State_STATE_FAILED].FailureReason = videov1.FailureCodec
	return h, made
}

func object(key string) *videov1.Object {
	return &videov1.Object{Key: key, Size: 5, PartSize: 5, Sha256: []byte(strings.Repeat(key[:1], 32))}
}

// Authors see what becomes of their videos; nobody else does.
func TestOnlyTheAuthorSeesWhatIsNotReady(t *testing.T) {
	h, made := newStates(t)
	for viewer, want := range map[int64][]string{
		0: {"ready"}, 2: {"ready"}, 1: {"processing", "failed", "ready", "uploaded"},
	} {
		list, err := h.Works(t.Context(), viewer, 1, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range list.Entries {
			got = append(got, v.State)
			if v.Author.WorkCount != 1 {
				t.Errorf("work_count %d, and one is ready", v.Author.WorkCount)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("viewer %d sees %v, want %v", viewer, got, want)
		}
	}
	if page := feed(t, h, 0); len(page.Videos) != 1 || page.Videos[0].State != compose.StateReady || page.Videos[0].Progress != 100 {
		t.Errorf("feed %+v", page.Videos)
	}
	h.like(t, 2, made[videov1.State_STATE_READY].GetId())
	h.like(t, 2, made[videov1.State_STATE_FAILED].GetId())
	if list, err := h.Liked(t.Context(), 1, 2, compose.PageRequest{}); err != nil || len(list.Entries) != 1 || list.Entries[0].State != compose.StateReady {
		t.Errorf("liked %+v, %v", list, err)
	}
}

func TestStatus(t *testing.T) {
	h, made := newStates(t)
	for state, want := range map[videov1.State]compose.Processing{
		videov1.State_STATE_UPLOADED:   {State: "uploaded"},
		videov1.State_STATE_PROCESSING: {State: "processing", Progress: 42},
		videov1.State_STATE_READY:      {State: "ready", Progress: 100},
		videov1.State_STATE_FAILED:     {State: "failed", FailureReason: videov1.FailureCodec},
	} {
		id := made[state].GetId()
		h.reset()
		own, err := h.Status(t.Context(), 1, id)
		if err != nil || own.Processing != want || own.VideoID != id || own.UploadedBytes != 1 || own.TotalBytes != 1 {
			t.Errorf("%s: %+v, %v", state, own, err)
		}
		if h.crossings() != 1 {
			t.Errorf("%d crossings", h.crossings())
		}
		if (own.PlayURL == "") != (state == videov1.State_STATE_FAILED) || own.CoverURL != "" || own.HLSURL != "" {
			t.Errorf("%s: addresses %+v", state, own)
		}
		for _, viewer := range []int64{0, 2} {
			other, err := h.Status(t.Context(), viewer, id)
			if state == videov1.State_STATE_READY {
				if err != nil || other != own {
					t.Errorf("viewer %d: %+v, %v", viewer, other, err)
				}
			} else if errs.ReasonOf(err) != videov1.ReasonVideoUnknown || other != (compose.Status{}) {
				t.Errorf("viewer %d of %s: %+v, %v", viewer, state, other, err)
			}
		}
	}
	if _, err := h.Status(t.Context(), 1, 404); errs.ReasonOf(err) != videov1.ReasonVideoUnknown {
		t.Errorf("no such video: %v", err)
	}
	v := made[videov1.State_STATE_READY]
	v.Cover, v.Hls = object("cover"), object("index")
	if s, err := h.Status(t.Context(), 0, v.GetId()); err != nil || !strings.Contains(s.CoverURL, "/media/covers/") || !strings.HasSuffix(s.HLSURL, "/master.m3u8") {
		t.Errorf("%+v, %v", s, err)
	}
}

// The upload is what there is to play until something is made of it.
func TestPlayAddressFollowsTheState(t *testing.T) {
	links := compose.NewLinks("http://x")
	v := &videov1.Video{Id: 7, Source: object("a")}
	for _, c := range []struct {
		change func()
		want   string
	}{
		{func() {}, "http://x/media/videos/7/6161616161616161.mp4"},
		{func() { v.Play = object("b") }, "http://x/media/videos/7/6262626262626262.mp4"},
		{func() { v.Play, v.Source = nil, nil }, "http://x/media/videos/7/gone.mp4"}, // never empty
	} {
		c.change()
		if got := links.Play(v); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	if got := links.HLS(v); got != "" {
		t.Errorf("no renditions: %q", got)
	}
	v.Hls = object("c")
	if got := links.HLS(v); got != "http://x/media/hls/7/6363636363636363/master.m3u8" {
		t.Errorf("renditions: %q", got)
	}
}

// A video that took long to process is not behind a reader who pages on: the
// feed is in the order in which videos got ready.
func TestFeedIsInTheOrderOfReadiness(t *testing.T) {
	// Where the video that was uploaded first comes in the feed: also at the end
	// of a page, of what is kept in memory, and of everything.
	for _, place := range []int{0, 1, 29, 30, 59, 89, 90, 99} {
		for _, hot := range []bool{true, false} {
			h := newHarness(t)
			h.publish(100)
			late := h.videos.Published()[99]
			late.ShownAtMs = int64(100-place)*1000 + 500
			if hot {
				newest, err := h.videos.Feed(t.Context(), &videov1.FeedRequest{Limit: 90})
				if err != nil {
					t.Fatal(err)
				}
				h.headOf(t, newest.GetVideos())
			}
			var seen []int64
			for before := int64(0); len(seen) < 100; {
				page := feed(t, h, before)
				for _, v := range page.Videos {
					if slices.Contains(seen, v.ID) {
						t.Fatalf("place %d: %q again after %d", place, v.Title, len(seen))
					}
					seen = append(seen, v.ID)
				}
				before = page.Next
			}
			if seen[place] != late.GetId() {
				t.Errorf("the late video is not at place %d", place)
			}
		}
	}
}

func TestPlaceholderSumNamesKeyAndETag(t *testing.T) {
	one := compose.PlaceholderSum("videos/1", "abc-2")
	if one != compose.PlaceholderSum("videos/1", `"abc-2"`) {
		t.Error("quotes count")
	}
	if one == compose.PlaceholderSum("videos/2", "abc-2") || one == compose.PlaceholderSum("videos/1", "abc-3") {
		t.Error("two objects, one stand-in")
	}
}
