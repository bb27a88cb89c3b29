//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
)

// direct skips what needs a store that clients reach.
func direct(t *testing.T) {
	t.Helper()
	if os.Getenv("TEST_S3_ENDPOINT") == "" {
		t.Skip("this stack has no S3 store: start it with --env s3")
	}
}

// put sends one part as any HTTP client would, and demands that the store takes
// it.
func put(t *testing.T, part BeginPart, content []byte) {
	t.Helper()
	if status, said := tryPut(t, part, content); status != http.StatusOK {
		t.Fatalf("PUT of part %d: %d %s", part.Number, status, said)
	}
}

func tryPut(t *testing.T, part BeginPart, content []byte) (status int, said []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, part.URL, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	said, err = io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, said
}

// piece is what belongs into a part.
func piece(film []byte, partSize int64, part BeginPart) []byte {
	from := int64(part.Number-1) * partSize
	return film[from : from+part.Size]
}

func sized(n int) url.Values { return url.Values{"size": {strconv.Itoa(n)}} }

// A client puts the bytes straight into the store, in parts, with a pause in
// between, and gets them from there; what is made of them is the same.
func TestDirectUploadAndPlay(t *testing.T) {
	direct(t)
	p := newPhone()
	a, other := newAccount(t, p), newAccount(t, p)
	film := clip(t, "direct.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "+faststart")
	film = withBox(withBox(film, []byte(random(t))), bytes.Repeat([]byte("filler"), 3<<19))

	began := must(p.BeginDirect(t.Context(), a.Token, sized(len(film))))(t)
	accepted(t, began)
	if len(began.Parts) < 2 || began.PartSize < 5<<20 || began.VideoID <= 0 {
		t.Fatalf("began %d parts of %d bytes for %d", len(began.Parts), began.PartSize, len(film))
	}
	put(t, began.Parts[1], piece(film, began.PartSize, began.Parts[1]))
	s := must(p.Processing(t.Context(), a.Token, began.VideoID))(t)
	accepted(t, s)
	if s.State != uploading || s.UploadedBytes != began.Parts[1].Size || s.TotalBytes != int64(len(film)) {
		t.Errorf("half way: %+v", s)
	}
	refusedWith(t, uploadIncomplete, must(p.CompleteDirect(t.Context(), a.Token, began.VideoID, "too early"))(t))
	refused(t, must(p.CompleteDirect(t.Context(), other.Token, began.VideoID, "not mine"))(t))
	refused(t, must(p.Processing(t.Context(), other.Token, began.VideoID))(t))

	again := must(p.BeginDirect(t.Context(), a.Token, url.Values{"video_id": {decimal(began.VideoID)}}))(t)
	accepted(t, again)
	if again.VideoID != began.VideoID || len(again.Parts) != len(began.Parts)-1 {
		t.Fatalf("to go on with: %+v", again)
	}
	for _, part := range again.Parts {
		put(t, part, piece(film, again.PartSize, part))
	}
	refusedWith(t, titleInvalid, must(p.CompleteDirect(t.Context(), a.Token, began.VideoID, " "))(t))
	for range 2 { // the answer may get lost
		r := must(p.CompleteDirect(t.Context(), a.Token, began.VideoID, "straight there"))(t)
		accepted(t, r)
		if r.VideoID != began.VideoID {
			t.Errorf("video %d, then %d", began.VideoID, r.VideoID)
		}
	}
	becomesReady(t, p, a, began.VideoID)
	video := shown(t, p, a, began.VideoID, "")
	playable(t, video)
	showsSomething(t, video)

	// The bytes come from the store itself.
	refusing := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, video.PlayURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := refusing.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); res.StatusCode != http.StatusFound || !strings.HasPrefix(to, os.Getenv("TEST_S3_ENDPOINT")) {
		t.Errorf("play_url: %s to %.60s", res.Status, to)
	}
	body, res := download(t, http.MethodGet, video.PlayURL, map[string]string{"Range": "bytes=4-7"})
	if res.StatusCode != http.StatusPartialContent || string(body) != "ftyp" {
		t.Errorf("a range: %s %q", res.Status, body)
	}
	if _, res := download(t, http.MethodHead, video.PlayURL, nil); res.StatusCode != http.StatusOK || res.ContentLength <= 0 {
		t.Errorf("HEAD: %s", res.Status)
	}
	accepted(t, must(p.DeleteVideo(t.Context(), a.Token, video.ID))(t))
}

// What comes past the gateway is held against the same rules, and leaves as
// little when it breaks them.
func TestDirectUploadsThatAreRefused(t *testing.T) {
	direct(t)
	p := newPhone()
	a := newAccount(t, p)
	before := storedFiles(t)
	for what, query := range map[string]url.Values{
		"no size": {}, "size of 0": sized(0), "negative": {"size": {"-1"}}, "nonsense": {"size": {"large"}},
		"5 GB": {"size": {"5000000000"}}, "another's upload": {"video_id": {"12345"}},
	} {
		t.Run(what, func(t *testing.T) { refused(t, must(p.BeginDirect(t.Context(), a.Token, query))(t)) })
	}
	refusedWith(t, tokenInvalid, must(p.BeginDirect(t.Context(), "", sized(1000)))(t))

	upload := func(t *testing.T, declared int, content []byte) BeginReply {
		t.Helper()
		r := must(p.BeginDirect(t.Context(), a.Token, sized(declared)))(t)
		accepted(t, r)
		put(t, r.Parts[0], content)
		return r
	}
	t.Run("text", func(t *testing.T) {
		text := []byte(strings.Repeat("#EXTM3U hello ", 1000))
		r := upload(t, len(text), text)
		refusedWith(t, videoFormat, must(p.CompleteDirect(t.Context(), a.Token, r.VideoID, "text"))(t))
		refused(t, must(p.CompleteDirect(t.Context(), a.Token, r.VideoID, "text"))(t))
	})
	// The store takes exactly what was announced, from whoever has the address.
	film := smallMP4(t)
	for what, declared := range map[string]int{"more than declared": len(film) - 1, "less than declared": len(film) + 1, "far more": 100} {
		t.Run(what, func(t *testing.T) {
			r := must(p.BeginDirect(t.Context(), a.Token, sized(declared)))(t)
			accepted(t, r)
			if status, _ := tryPut(t, r.Parts[0], film); status != http.StatusForbidden {
				t.Errorf("the store says %d", status)
			}
			refusedWith(t, uploadIncomplete, must(p.CompleteDirect(t.Context(), a.Token, r.VideoID, what))(t))
			// Whoever changes their mind gives it up.
			accepted(t, must(p.DeleteVideo(t.Context(), a.Token, r.VideoID))(t))
			refused(t, must(p.BeginDirect(t.Context(), a.Token, url.Values{"video_id": {decimal(r.VideoID)}}))(t))
		})
	}
	t.Run("no video behind the head", func(t *testing.T) {
		noise := append([]byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"), bytes.Repeat([]byte("noise"), 1000)...)
		r := upload(t, len(noise), noise)
		accepted(t, must(p.CompleteDirect(t.Context(), a.Token, r.VideoID, "noise"))(t))
		if s := ended(t, p, a, r.VideoID); s.State != failed || s.FailureReason != "VIDEO_UNREADABLE" {
			t.Errorf("it is %+v", s)
		}
	})
	if list := must(p.PublishList(t.Context(), a.ID, ""))(t); len(list.Videos) != 0 {
		t.Errorf("%d of them are listed", len(list.Videos))
	}
	within(t, removal, "nothing is left", func(context.Context) error {
		if left := newFiles(t, before); len(left) > 0 {
			return fmt.Errorf("%d objects, first %s", len(left), left[0])
		}
		return nil
	})
}

// Where there is no store for it the endpoint says so.
func TestDirectUploadWithoutAStore(t *testing.T) {
	if os.Getenv("TEST_S3_ENDPOINT") != "" {
		t.Skip("this stack has one")
	}
	p := newPhone()
	a := newAccount(t, p)
	refusedWith(t, directMissing, must(p.BeginDirect(t.Context(), a.Token, sized(1000)))(t))
}
