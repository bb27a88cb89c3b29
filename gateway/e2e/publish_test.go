//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// A published video is in the list of its author and in the feed, and can be played.
func TestObjectsOfAPublishedVideo(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	movie := e2etest.SmallVideo(t)
	const title = `猫 & "dog" <b>100%</b> ../../etc/passwd`
	video := e2etest.Publish(t, p, a, title, movie)

	if video.Author.ID != a.ID || video.Author.Name != a.Name || video.Author.WorkCount != 1 {
		t.Errorf("author %+v, want %d %q with one work", video.Author, a.ID, a.Name)
	}
	if video.FavoriteCount != 0 || video.CommentCount != 0 || video.IsFavorite {
		t.Errorf("a new video has likes or comments: %+v", video)
	}
	if !strings.HasPrefix(video.PlayURL, e2etest.BaseURL()+"/media/") {
		t.Errorf("play_url %s is not on the public address %s", video.PlayURL, e2etest.BaseURL())
	}
	body, res := e2etest.Download(t, http.MethodGet, video.PlayURL, nil)
	if res.StatusCode != http.StatusOK || sha256.Sum256(body) != sha256.Sum256(movie) {
		t.Fatalf("play_url: %s, %d bytes, uploaded %d", res.Status, len(body), len(movie))
	}
	if _, res := e2etest.Download(t, http.MethodGet, video.CoverURL, nil); res.StatusCode != http.StatusOK ||
		!strings.HasPrefix(res.Header.Get("Content-Type"), "image/") {
		t.Errorf("cover_url: %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	for _, token := range []string{"", a.Token} {
		e2etest.WaitInFeed(t, p, token, video)
		list := e2etest.Must(p.PublishList(t.Context(), a.ID, token, client.Page{}))(t)
		if len(list.Videos) != 1 || list.Videos[0].ID != video.ID {
			t.Errorf("token %t: %d videos in the list", token != "", len(list.Videos))
		}
	}
}

func TestPublishListIsNewestFirst(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	for _, title := range []string{"one", "two", "three"} {
		e2etest.Publish(t, p, a, title, e2etest.SmallVideo(t))
	}
	list := e2etest.Must(p.PublishList(t.Context(), a.ID, "", client.Page{}))(t)
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
	// The list is that of user_id, not of the token.
	other := e2etest.NewAccount(t, p)
	if got := e2etest.Must(p.PublishList(t.Context(), a.ID, other.Token, client.Page{}))(t); len(got.Videos) != 3 {
		t.Errorf("another viewer sees %d videos", len(got.Videos))
	}
	if got := e2etest.Must(p.PublishList(t.Context(), other.ID, a.Token, client.Page{}))(t); len(got.Videos) != 0 {
		t.Errorf("a user without videos shows %d", len(got.Videos))
	}
}

// A video is stored as parts with headers, whose payloads are the upload.
func TestObjectsAreStoredAsParts(t *testing.T) {
	before := e2etest.StoredObjects(t)
	p := e2etest.NewPhone()
	movie := e2etest.LargeVideo(t)
	video := e2etest.Publish(t, p, e2etest.NewAccount(t, p), "parts", movie)

	parts := e2etest.Sources(e2etest.NewObjects(t, before))
	if want := (len(movie) + e2etest.PartSize - 1) / e2etest.PartSize; len(parts) != want {
		t.Fatalf("%d parts for %d bytes, want %d", len(parts), len(movie), want)
	}
	var whole []byte
	for i, path := range parts {
		if name := fmt.Sprintf("%06d", i); filepath.Base(path) != name {
			t.Errorf("part %d has the name %s", i, filepath.Base(path))
		}
		body := e2etest.Payload(t, path)
		if i < len(parts)-1 && len(body) != e2etest.PartSize {
			t.Errorf("part %d has %d bytes", i, len(body))
		}
		whole = append(whole, body...)
	}
	if !bytes.Equal(whole, movie) {
		t.Error("the payloads are not the upload")
	}
	if body, _ := e2etest.Download(t, http.MethodGet, video.PlayURL, nil); !bytes.Equal(body, movie) {
		t.Error("play_url does not return the upload")
	}
}

func TestUploadSizesAroundPartBoundaries(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	small := e2etest.LongVideo(t)
	for _, size := range []int{e2etest.PartSize - 1, e2etest.PartSize, e2etest.PartSize + 1, 2 * e2etest.PartSize} {
		movie := e2etest.WithBox(small, make([]byte, size-len(small)-8))
		if len(movie) != size {
			t.Fatalf("made %d bytes, want %d", len(movie), size)
		}
		video := e2etest.Publish(t, p, a, fmt.Sprintf("%d bytes", size), movie)
		if body, res := e2etest.Download(t, http.MethodGet, video.PlayURL, nil); !bytes.Equal(body, movie) {
			t.Errorf("%d bytes: %s, got %d", size, res.Status, len(body))
		}
	}
}

// The limit of a title counts characters, without the space around it.
func TestTitleAtItsLimit(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	longest := strings.Repeat("题", 128)
	if v := e2etest.Publish(t, p, a, longest, e2etest.SmallVideo(t)); v.Title != longest {
		t.Errorf("title of %d characters came back with %d", 128, len([]rune(v.Title)))
	}
	e2etest.RefusedWith(t, client.CodeTitleInvalid, e2etest.Must(p.Publish(t.Context(), a.Token, longest+"目", bytes.NewReader(e2etest.SmallVideo(t))))(t))
	e2etest.Accepted(t, e2etest.Must(p.Publish(t.Context(), a.Token, "  around  ", bytes.NewReader(e2etest.SmallVideo(t))))(t))
	if list := e2etest.Must(p.PublishList(t.Context(), a.ID, a.Token, client.Page{}))(t); len(list.Videos) != 2 || list.Videos[0].Title != "around" {
		t.Errorf("%d videos, first title %q", len(list.Videos), list.Videos[0].Title)
	}
}
