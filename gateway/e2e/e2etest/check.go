//go:build e2e

package e2etest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	_ "image/jpeg" // the format of covers
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// probeResult is the output of ffprobe.
type probeResult struct {
	Streams []struct {
		Type   string `json:"codec_type"`
		Codec  string `json:"codec_name"`
		Pixels string `json:"pix_fmt"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
	} `json:"streams"`
	Format struct {
		Name     string            `json:"format_name"`
		Duration string            `json:"duration"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

func probe(t testing.TB, address string) probeResult {
	t.Helper()
	var p probeResult
	out := Run(t, "ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", address)
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// codec returns the codec of the first stream of a kind, "" without one.
func (p probeResult) codec(kind string) string {
	for _, s := range p.Streams {
		if s.Type == kind {
			return s.Codec
		}
	}
	return ""
}

// Download fetches an address with headers.
func Download(t testing.TB, method, address string, headers map[string]string) ([]byte, *http.Response) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v after %d bytes", method, address, err, len(body))
	}
	return body, res
}

// CheckPlayable checks that any phone can play play_url: H.264 and AAC in an MP4
// whose index comes first.
func CheckPlayable(t testing.TB, video client.Video) {
	t.Helper()
	movie := probe(t, video.PlayURL)
	if movie.codec("video") != "h264" || movie.codec("audio") != "aac" || !strings.Contains(movie.Format.Name, "mp4") {
		t.Errorf("play_url has %s and %s in %s", movie.codec("video"), movie.codec("audio"), movie.Format.Name)
	}
	body, res := Download(t, http.MethodGet, video.PlayURL, nil)
	if res.Header.Get("Content-Type") != "video/mp4" {
		t.Errorf("content type %q", res.Header.Get("Content-Type"))
	}
	boxes := boxesOf(t, body)
	if moov, mdat := slices.Index(boxes, "moov"), slices.Index(boxes, "mdat"); moov < 0 || mdat < moov {
		t.Errorf("boxes %v: moov is not before mdat", boxes)
	}
}

// boxesOf lists the boxes of an MP4.
func boxesOf(t testing.TB, movie []byte) []string {
	t.Helper()
	var names []string
	for len(movie) >= 8 {
		size := uint64(binary.BigEndian.Uint32(movie))
		names = append(names, string(movie[4:8]))
		if size == 1 && len(movie) >= 16 {
			size = binary.BigEndian.Uint64(movie[8:])
		}
		if size < 8 || size > uint64(len(movie)) {
			break
		}
		movie = movie[size:]
	}
	return names
}

// CheckCover checks that the cover can be decoded and has more than one colour.
func CheckCover(t testing.TB, video client.Video) {
	t.Helper()
	body, res := Download(t, http.MethodGet, video.CoverURL, nil)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "image/jpeg" {
		t.Fatalf("cover_url: %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	picture, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("the cover: %v", err)
	}
	darkest, brightest := uint32(1<<16), uint32(0)
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y += 4 {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x += 4 {
			r, g, b, _ := picture.At(x, y).RGBA()
			light := (r + g + b) / 3
			darkest, brightest = min(darkest, light), max(brightest, light)
		}
	}
	if brightest-darkest < 1<<13 {
		t.Errorf("the cover has brightness %d to %d of 65535", darkest, brightest)
	}
}
