//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The whole way of a video: upload, the author's list, the feed, the bytes.
func TestPublishedVideoIsListedFedAndPlayed(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	movie := smallMP4(t)
	const title = `猫 & "dog" <b>100%</b> ../../etc/passwd`
	video := published(t, p, a, title, movie)

	if video.Author.ID != a.ID || video.Author.Name != a.Name || video.Author.WorkCount != 1 {
		t.Errorf("author %+v, want %d %q with one work", video.Author, a.ID, a.Name)
	}
	if video.FavoriteCount != 0 || video.CommentCount != 0 || video.IsFavorite {
		t.Errorf("a fresh video has likes or comments: %+v", video)
	}
	if !strings.HasPrefix(video.PlayURL, baseURL()+"/media/") {
		t.Errorf("play_url %s is not on the public address %s", video.PlayURL, baseURL())
	}
	body, res := download(t, http.MethodGet, video.PlayURL, nil)
	if res.StatusCode != http.StatusOK || sha256.Sum256(body) != sha256.Sum256(movie) {
		t.Fatalf("play_url: %s, %d bytes, uploaded %d", res.Status, len(body), len(movie))
	}
	if _, res := download(t, http.MethodGet, video.CoverURL, nil); res.StatusCode != http.StatusOK ||
		!strings.HasPrefix(res.Header.Get("Content-Type"), "image/") {
		t.Errorf("cover_url: %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	for _, token := range []string{"", a.Token} {
		inFeed(t, p, token, video)
		list := must(p.PublishList(t.Context(), a.ID, token))(t)
		if len(list.Videos) != 1 || list.Videos[0].ID != video.ID {
			t.Errorf("token %t: %d videos in the list", token != "", len(list.Videos))
		}
	}
}

// inFeed waits for a video to be on top of the feed; the gateway may show a
// copy that is a second old.
func inFeed(t *testing.T, p *Phone, token string, video Video) {
	t.Helper()
	within(t, 3*time.Second, "the video is in the feed", func(ctx context.Context) error {
		feed, err := p.Feed(ctx, "", token)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(feed.Videos, func(v Video) bool { return v.ID == video.ID && v.PlayURL == video.PlayURL && v.Title == video.Title }) {
			return fmt.Errorf("not among %d videos", len(feed.Videos))
		}
		return nil
	})
}

func TestPublishListIsNewestFirst(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	for _, title := range []string{"one", "two", "three"} {
		published(t, p, a, title, smallMP4(t))
	}
	list := must(p.PublishList(t.Context(), a.ID, ""))(t)
	var titles []string
	for _, v := range list.Videos {
		titles = append(titles, v.Title)
		if v.Author.WorkCount != 3 {
			t.Errorf("work_count %d beside three videos", v.Author.WorkCount)
		}
	}
	if !slices.Equal(titles, []string{"three", "two", "one"}) {
		t.Errorf("order %v", titles)
	}
	// The list of the user asked for, not of the token's user.
	other := newAccount(t, p)
	if got := must(p.PublishList(t.Context(), a.ID, other.Token))(t); len(got.Videos) != 3 {
		t.Errorf("another viewer sees %d videos", len(got.Videos))
	}
	if got := must(p.PublishList(t.Context(), other.ID, a.Token))(t); len(got.Videos) != 0 {
		t.Errorf("a user without videos shows %d", len(got.Videos))
	}
}

// The object is in the store as parts, each with its header; together they are
// the upload. Only the binding writes there: the file names are the keys.
func TestVideoIsStoredAsParts(t *testing.T) {
	before := storedFiles(t)
	p := newPhone()
	movie := largeMP4(t)
	video := published(t, p, newAccount(t, p), "parts", movie)

	parts := sources(newFiles(t, before))
	if want := (len(movie) + partSize - 1) / partSize; len(parts) != want {
		t.Fatalf("%d files for %d bytes, want %d", len(parts), len(movie), want)
	}
	var whole []byte
	for i, path := range parts {
		if name := fmt.Sprintf("%06d", i); filepath.Base(path) != name {
			t.Errorf("part %d is called %s", i, filepath.Base(path))
		}
		body := payload(t, path)
		if i < len(parts)-1 && len(body) != partSize {
			t.Errorf("part %d has %d bytes", i, len(body))
		}
		whole = append(whole, body...)
	}
	if !bytes.Equal(whole, movie) {
		t.Error("the parts together are not the upload")
	}
	if body, _ := download(t, http.MethodGet, video.PlayURL, nil); !bytes.Equal(body, movie) {
		t.Error("play_url does not give the upload back")
	}
}

// Sizes around the border between two parts.
func TestUploadSizesAroundPartBorders(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	small := longMP4(t)
	for _, size := range []int{partSize - 1, partSize, partSize + 1, 2 * partSize} {
		movie := withBox(small, make([]byte, size-len(small)-8))
		if len(movie) != size {
			t.Fatalf("made %d bytes, want %d", len(movie), size)
		}
		video := published(t, p, a, fmt.Sprintf("%d bytes", size), movie)
		if body, res := download(t, http.MethodGet, video.PlayURL, nil); !bytes.Equal(body, movie) {
			t.Errorf("%d bytes: %s, got %d", size, res.Status, len(body))
		}
	}
}

// A title is counted in characters, and the space around it does not count.
func TestTitleAtItsLimit(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	longest := strings.Repeat("题", 128)
	if v := published(t, p, a, longest, smallMP4(t)); v.Title != longest {
		t.Errorf("title of %d characters came back with %d", 128, len([]rune(v.Title)))
	}
	refusedWith(t, titleInvalid, must(p.Publish(t.Context(), a.Token, longest+"目", bytes.NewReader(smallMP4(t))))(t))
	accepted(t, must(p.Publish(t.Context(), a.Token, "  around  ", bytes.NewReader(smallMP4(t))))(t))
	if list := must(p.PublishList(t.Context(), a.ID, a.Token))(t); len(list.Videos) != 2 || list.Videos[0].Title != "around" {
		t.Errorf("%d videos, first title %q", len(list.Videos), list.Videos[0].Title)
	}
}
