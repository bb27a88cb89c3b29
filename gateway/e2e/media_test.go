//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// partSize is the payload of one stored part, in bytes.
const partSize = 2 << 20

// smallMP4 is a real video of some kilobytes, different in each call, because
// ffmpeg is asked for it once per process and a comment box is added.
func smallMP4(t testing.TB) []byte {
	t.Helper()
	return withBox(cachedMP4(t, "small", "testsrc=size=160x120:rate=10:duration=1"), []byte(random(t)))
}

// largeMP4 is a real video of more than 5 MiB, so that it is stored as several
// parts: most of it is a comment box, because what has more than 16 Mbit for
// each second is not given to phones as it is.
func largeMP4(t testing.TB) []byte {
	t.Helper()
	movie := longMP4(t)
	filler := make([]byte, 5<<20)
	mathrand.NewChaCha8([32]byte{2}).Read(filler) //nolint:errcheck // never fails
	return withBox(withBox(movie, filler), []byte(random(t)))
}

// longMP4 is a real video of less than one part that plays for some seconds.
func longMP4(t testing.TB) []byte {
	t.Helper()
	return cachedMP4(t, "long", "testsrc2=size=320x240:rate=10:duration=6")
}

// cachedMP4 lets ffmpeg make a video, once per machine.
func cachedMP4(t testing.TB, name, source string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(source))
	path := filepath.Join(os.TempDir(), "douyin-e2e-"+name+"-"+hex.EncodeToString(sum[:4])+".mp4")
	if data, err := os.ReadFile(path); err == nil {
		return data
	}
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal("ffmpeg is needed to make test videos: ", err)
	}
	made := filepath.Join(t.TempDir(), "made.mp4")
	cmd := exec.CommandContext(t.Context(), ffmpeg, "-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", source,
		"-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart", made)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	data, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	// A rename would fail between file systems; a half-written file would poison
	// every later run.
	if err := os.WriteFile(path+".tmp", data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
	return data
}

// withBox appends a "free" box, which players skip, so that equal films become
// different files.
func withBox(movie, content []byte) []byte {
	return append(bytes.Clone(movie), box("free", content)...)
}

// download fetches an address with the headers given as pairs.
func download(t testing.TB, method, address string, headers map[string]string) ([]byte, *http.Response) {
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

// published uploads a video, waits until it is ready and returns it as the
// author's list shows it then.
func published(t testing.TB, p *Phone, a account, title string, movie []byte) Video {
	t.Helper()
	r := must(p.Publish(t.Context(), a.Token, title, bytes.NewReader(movie)))(t)
	accepted(t, r)
	list := must(p.PublishList(t.Context(), a.ID, a.Token))(t)
	accepted(t, list)
	if len(list.Videos) == 0 || list.Videos[0].Title != title || list.Videos[0].ID != r.VideoID {
		t.Fatalf("the video is not on top of its author's list right after publish: %d videos", len(list.Videos))
	}
	becomesReady(t, p, a, r.VideoID)
	return shown(t, p, a, r.VideoID, a.Token)
}

// workTime is how long a video may take until it is ready or has failed, on a
// busy machine and behind others.
const workTime = 2 * time.Minute

// removal is how long bytes that nobody wants may stay: a look of the sweeper
// and what it has to do before.
const removal = time.Minute

// ended waits until nothing is done any more with a video.
func ended(t testing.TB, p *Phone, a account, videoID int64) ProcessingReply {
	t.Helper()
	var r ProcessingReply
	within(t, workTime, fmt.Sprintf("video %d is done with", videoID), func(ctx context.Context) (err error) {
		r, err = p.Processing(ctx, a.Token, videoID)
		if err := acknowledged(r, err); err != nil {
			return err
		}
		if r.State != stateReady && r.State != failed {
			return fmt.Errorf("it is %s (%d %%)", r.State, r.Progress)
		}
		return nil
	})
	return r
}

// becomesReady waits until a video is ready.
func becomesReady(t testing.TB, p *Phone, a account, videoID int64) {
	t.Helper()
	if r := ended(t, p, a, videoID); r.State != stateReady {
		t.Fatalf("video %d has failed: %s", videoID, r.FailureReason)
	}
}

// allReady waits until all of an author's videos are ready, and returns them.
func allReady(t testing.TB, p *Phone, a account) []Video {
	t.Helper()
	var list VideosReply
	within(t, workTime, "all videos are ready", func(ctx context.Context) (err error) {
		if list, err = p.PublishList(ctx, a.ID, a.Token); err != nil {
			return err
		}
		for _, v := range list.Videos {
			if v.State != stateReady {
				return fmt.Errorf("video %d is %s %s", v.ID, v.State, v.FailureReason)
			}
		}
		return acknowledged(list, err)
	})
	return list.Videos
}

func TestMediaRanges(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	movie := largeMP4(t)
	video := published(t, p, a, "ranges", movie)
	size := len(movie)

	_, head := download(t, http.MethodHead, video.PlayURL, nil)
	etag := head.Header.Get("ETag")
	if head.StatusCode != http.StatusOK || head.ContentLength != int64(size) || etag == "" ||
		head.Header.Get("Accept-Ranges") != "bytes" || head.Header.Get("Content-Type") != "video/mp4" {
		t.Fatalf("HEAD: %s %v", head.Status, head.Header)
	}

	ranges := []struct {
		what, header string
		from, to     int // to is exclusive
	}{
		{"first byte", "bytes=0-0", 0, 1},
		{"across the first border", "bytes=" + span(partSize-3, partSize+4), partSize - 3, partSize + 4},
		{"from a border on", "bytes=" + span(partSize, partSize+9), partSize, partSize + 9},
		{"up to a border", "bytes=" + span(partSize-9, partSize), partSize - 9, partSize},
		{"a whole part and both neighbours", "bytes=" + span(partSize-1, 2*partSize+1), partSize - 1, 2*partSize + 1},
		{"open end", "bytes=" + strconv.Itoa(2*partSize-1) + "-", 2*partSize - 1, size},
		{"suffix", "bytes=-1000", size - 1000, size},
		{"suffix longer than the file", "bytes=-999999999", 0, size},
		{"end past the file", "bytes=" + strconv.Itoa(size-5) + "-999999999", size - 5, size},
	}
	for _, c := range ranges {
		t.Run(c.what, func(t *testing.T) {
			body, res := download(t, http.MethodGet, video.PlayURL, map[string]string{"Range": c.header})
			want := "bytes " + strconv.Itoa(c.from) + "-" + strconv.Itoa(c.to-1) + "/" + strconv.Itoa(size)
			if res.StatusCode != http.StatusPartialContent || res.Header.Get("Content-Range") != want {
				t.Fatalf("%s, Content-Range %q, want %q", res.Status, res.Header.Get("Content-Range"), want)
			}
			if !bytes.Equal(body, movie[c.from:c.to]) {
				t.Error("wrong bytes")
			}
		})
	}
}

// span writes a byte range with an exclusive end.
func span(from, to int) string { return strconv.Itoa(from) + "-" + strconv.Itoa(to-1) }
