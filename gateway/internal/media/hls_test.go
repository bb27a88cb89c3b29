package media_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// newRenditions puts a video with two heights and sound on a shelf.
func newRenditions(t *testing.T, layout objectstore.Layout, change func(*videov1.HlsIndex)) (s *shelf, base string) {
	t.Helper()
	s = openShelf(t, 345, 4, layout, layout == objectstore.LayoutWhole)
	track := func(name string, width, height int32, peak int64, codecs string, rate float64, seconds ...int64) *videov1.HlsTrack {
		made := &videov1.HlsTrack{Name: name, Width: width, Height: height, PeakBandwidth: peak, AverageBandwidth: peak / 2, Codecs: codecs, FrameRate: rate,
			Init: s.keep(t, "hls/"+name+"/init", "", layout, []byte("init of "+name))}
		for n, us := range seconds {
			key := fmt.Sprintf("hls/%s/%05d", name, n)
			made.Segments = append(made.Segments, &videov1.HlsSegment{Object: s.keep(t, key, "", layout, segment(name, n)), DurationUs: us})
		}
		return made
	}
	in := &videov1.HlsIndex{Tracks: []*videov1.HlsTrack{
		track("720", 406, 720, 1_000_000, "avc1.64001f", 29.97, 4_000_000, 4_499_999, 123_456),
		track("360", 202, 360, 400_000, "avc1.64001e", 29.97, 4_000_000, 4_499_999, 123_456),
		track("audio", 0, 0, 96_000, "mp4a.40.2", 0, 4_600_000, 4_023_455),
	}}
	if change != nil {
		change(in)
	}
	encoded, err := proto.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	v := s.videos.Published()[0]
	v.Hls = s.keep(t, "hls/index", "", layout, encoded)
	s.blobs.Reset()
	s.s3.Reset()
	return s, fmt.Sprintf("/media/hls/%d/%s/", v.GetId(), compose.Revision(v.GetHls()))
}

func segment(track string, n int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%s %d;", track, n), 40) // more than one part
}

const masterPlaylist = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,AUTOSELECT=YES,URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1096000,AVERAGE-BANDWIDTH=548000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=406x720,FRAME-RATE=29.970,AUDIO="sound"
720.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=496000,AVERAGE-BANDWIDTH=248000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=202x360,FRAME-RATE=29.970,AUDIO="sound"
360.m3u8
`

const picturesPlaylist = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="720/init.mp4"
#EXTINF:4.000000,
720/00000.m4s
#EXTINF:4.499999,
720/00001.m4s
#EXTINF:0.123456,
720/00002.m4s
#EXT-X-ENDLIST
`

func TestPlaylists(t *testing.T) {
	for _, layout := range []objectstore.Layout{objectstore.LayoutParts, objectstore.LayoutWhole} {
		s, base := newRenditions(t, layout, nil)
		for name, want := range map[string]string{"master": masterPlaylist, "720": picturesPlaylist} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				w := s.get(method, base+name+".m3u8")
				if method == http.MethodHead {
					want = ""
				}
				if w.Code != http.StatusOK || w.Body.String() != want {
					t.Errorf("%s: %d\n%s\nwant\n%s", name, w.Code, w.Body, want)
				}
				if w.Header().Get("Content-Type") != "application/vnd.apple.mpegurl" || w.Header().Get("ETag") == "" ||
					w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
					t.Errorf("%s: %v", name, w.Header())
				}
				if again := s.get(method, base+name+".m3u8", "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
					t.Errorf("%s: %d for a known copy", name, again.Code)
				}
			}
		}
		// A segment that rounds up counts.
		if sound := s.get(http.MethodGet, base+"audio.m3u8").Body.String(); !strings.Contains(sound, "#EXT-X-TARGETDURATION:5\n") {
			t.Errorf("sound:\n%s", sound)
		}
		if reads := s.blobs.Count("Get") + s.s3.Count("GetRange"); reads != (int(s.videos.Published()[0].GetHls().GetSize())+partSize-1)/partSize {
			t.Errorf("%d reads of an index that was asked for %d times", reads, s.videos.Count("GetVideos"))
		}
	}
}

// A player reads everything by the addresses that it finds.
func TestPlaylistsLeadToEverything(t *testing.T) {
	for _, layout := range []objectstore.Layout{objectstore.LayoutParts, objectstore.LayoutWhole} {
		s, base := newRenditions(t, layout, nil)
		address := regexp.MustCompile(`(?m)^[^#\n]+$|URI="([^"]+)"`)
		find := func(text string) (found []string) {
			for _, m := range address.FindAllStringSubmatch(text, -1) {
				if m[1] != "" {
					found = append(found, m[1])
				} else {
					found = append(found, m[0])
				}
			}
			return found
		}
		objects := 0
		for _, list := range find(s.get(http.MethodGet, base+"master.m3u8").Body.String()) {
			track := strings.TrimSuffix(list, ".m3u8")
			for n, at := range find(s.get(http.MethodGet, base+list).Body.String()) {
				want := []byte("init of " + track)
				if n > 0 {
					want = segment(track, n-1)
				}
				kind := "video/mp4"
				if track == "audio" {
					kind = "audio/mp4"
				}
				w := s.get(http.MethodGet, base+at)
				if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), want) || w.Header().Get("Content-Type") != kind || len(w.Header().Get("ETag")) != 66 {
					t.Errorf("%s: %d, %q, %v", at, w.Code, w.Body, w.Header())
				}
				part := s.get(http.MethodGet, base+at, "Range", "bytes=2-5")
				if part.Code != http.StatusPartialContent || !bytes.Equal(part.Body.Bytes(), want[2:6]) {
					t.Errorf("%s: a range is %d, %q", at, part.Code, part.Body)
				}
				objects++
			}
		}
		if objects != 3+3+3+2 {
			t.Errorf("%d objects", objects)
		}
	}
}

func TestSilentVideoHasNoSound(t *testing.T) {
	s, base := newRenditions(t, objectstore.LayoutParts, func(in *videov1.HlsIndex) { in.Tracks = in.Tracks[:2]; in.Tracks[0].FrameRate = 0 })
	master := s.get(http.MethodGet, base+"master.m3u8").Body.String()
	if strings.Contains(master, "AUDIO") || strings.Contains(master, "mp4a") || strings.Count(master, "FRAME-RATE") != 1 ||
		!strings.Contains(master, `BANDWIDTH=400000,AVERAGE-BANDWIDTH=200000,CODECS="avc1.64001e",RESOLUTION=202x360`) {
		t.Error(master)
	}
}

func TestNothingElseIsBelowTheRenditions(t *testing.T) {
	s, base := newRenditions(t, objectstore.LayoutParts, nil)
	id := s.videos.Published()[0].GetId()
	for _, path := range []string{
		base, base + "720", base + "1080.m3u8", base + "720/", base + "720/init.m4s", base + "720/00003.m4s", base + "720/0.m4s", base + "720/000000.m4s",
		base + "1080/init.mp4", base + "master/init.mp4", base + "720/index.m3u8", base + "../master.m3u8", base + "720/-0001.m4s", base + "index",
		fmt.Sprintf("/media/hls/%d/0123456789abcdef/master.m3u8", id), fmt.Sprintf("/media/hls/%d/master.m3u8", id),
		"/media/hls/999/0123456789abcdef/master.m3u8", strings.Replace(base, "hls", "videos", 1) + "master.m3u8",
	} {
		if w := s.get(http.MethodGet, path); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q", path, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

// An index that would make a broken playlist is a fault of the server, and no
// playlist is served.
func TestUnusableIndexes(t *testing.T) {
	for what, change := range map[string]func(*videov1.HlsIndex){
		"no track":                func(in *videov1.HlsIndex) { in.Tracks = nil },
		"no pictures":             func(in *videov1.HlsIndex) { in.Tracks = in.Tracks[2:] },
		"a name twice":            func(in *videov1.HlsIndex) { in.Tracks[1].Name = "720" },
		"a name that is taken":    func(in *videov1.HlsIndex) { in.Tracks[1].Name = "master" },
		"a name that is a path":   func(in *videov1.HlsIndex) { in.Tracks[1].Name = "../720" },
		"a name that breaks out":  func(in *videov1.HlsIndex) { in.Tracks[1].Name = "x\n#EXT" },
		"codecs that break out":   func(in *videov1.HlsIndex) { in.Tracks[1].Codecs = `avc1",X="` },
		"no segment":              func(in *videov1.HlsIndex) { in.Tracks[1].Segments = nil },
		"no init":                 func(in *videov1.HlsIndex) { in.Tracks[1].Init = nil },
		"a segment of no object":  func(in *videov1.HlsIndex) { in.Tracks[1].Segments[1].Object = nil },
		"a segment without parts": func(in *videov1.HlsIndex) { in.Tracks[1].Segments[1].Object.PartSize = 0 },
	} {
		s, base := newRenditions(t, objectstore.LayoutParts, change)
		if w := s.get(http.MethodGet, base+"master.m3u8"); w.Code != http.StatusInternalServerError || !strings.Contains(s.log.String(), "INVALID") {
			t.Errorf("%s: %d, %s", what, w.Code, s.log)
		}
	}
	s, base := newRenditions(t, objectstore.LayoutParts, nil)
	s.videos.Published()[0].Hls.Size = 9 << 20
	if w := s.get(http.MethodGet, base+"master.m3u8"); w.Code != http.StatusInternalServerError || s.blobs.Count("Get") != 0 {
		t.Errorf("an index of 9 MiB: %d after %d reads", w.Code, s.blobs.Count("Get"))
	}
}

func TestFaultsOfAnIndexAreNotKept(t *testing.T) {
	s, base := newRenditions(t, objectstore.LayoutParts, nil)
	s.blobs.Fail("Get", errs.New(errs.Unavailable, "", ""))
	if w := s.get(http.MethodGet, base+"master.m3u8"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	var viewers sync.WaitGroup
	s.blobs.Reset()
	for range 30 {
		viewers.Go(func() {
			if w := s.get(http.MethodGet, base+"master.m3u8"); w.Body.String() != masterPlaylist {
				t.Errorf("%d", w.Code)
			}
		})
	}
	viewers.Wait()
	if reads := s.blobs.Count("Get"); reads != (int(s.videos.Published()[0].GetHls().GetSize())+partSize-1)/partSize {
		t.Errorf("%d reads for 30 viewers", reads)
	}
}

// Browsers ask whether a script of another page may read.
func TestScriptsMayRead(t *testing.T) {
	s, base := newRenditions(t, objectstore.LayoutParts, nil)
	for _, path := range []string{base + "master.m3u8", base + "720/00000.m4s", s.path, "/media/defaults/cover.png"} {
		s.videos.Reset()
		w := s.get(http.MethodOptions, path, "Origin", "https://web.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "range")
		if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Body.Len() != 0 || s.videos.Total() != 0 ||
			!strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Range") || !strings.Contains(w.Header().Get("Access-Control-Allow-Methods"), "GET") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		got := s.get(http.MethodGet, path, "Origin", "https://web.example", "Range", "bytes=0-1")
		if got.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(got.Header().Get("Access-Control-Expose-Headers"), "Content-Range") {
			t.Errorf("%s: %d %v", path, got.Code, got.Header())
		}
	}
}
