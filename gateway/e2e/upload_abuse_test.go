//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// defaultUploadLimit is the largest upload of a stack that is not told
// otherwise, in bytes.
const defaultUploadLimit = 512 << 20

func data(body []byte) Field { return FileField("data", "a.mp4", bytes.NewReader(body)) }

// Every refused upload leaves nothing: no row in the author's list, no file in
// the object store.
func TestRefusedUploadsLeaveNothing(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	movie := smallMP4(t)
	token, title := TextField("token", a.Token), TextField("title", "refused")
	before := storedFiles(t)

	for _, c := range []struct {
		what   string
		code   int32
		fields []Field
	}{
		{"empty form", tokenInvalid, nil},
		{"no file", videoMissing, []Field{token, title}},
		{"file of 0 bytes", videoEmpty, []Field{data(nil), token, title}},
		{"file as a text field", videoMissing, []Field{TextField("data", string(movie)), token, title}},
		{"file under another name", videoMissing, []Field{FileField("video", "a.mp4", bytes.NewReader(movie)), token, title}},
		{"no token", tokenInvalid, []Field{data(movie), title}},
		{"empty token", tokenInvalid, []Field{data(movie), TextField("token", ""), title}},
		{"token of nobody, before the file", tokenInvalid, []Field{TextField("token", "nonsense"), title, data(movie)}},
		{"token of nobody, after the file", tokenInvalid, []Field{data(movie), TextField("token", "nonsense"), title}},
		{"no title", titleInvalid, []Field{data(movie), token}},
		{"empty title", titleInvalid, []Field{data(movie), token, TextField("title", "")}},
		{"title of spaces", titleInvalid, []Field{data(movie), token, TextField("title", "   ")}},
		{"title too long", titleInvalid, []Field{data(movie), token, TextField("title", strings.Repeat("长", 2000))}},
		{"title of a megabyte", bodyTooLarge, []Field{token, TextField("title", strings.Repeat("x", 1<<20)), data(movie)}},
		{"title not UTF-8", titleInvalid, []Field{data(movie), token, TextField("title", "\xff\xfe")}},
		// With the token first the file is stored as it comes.
		{"stored, then no title", titleInvalid, []Field{token, data(movie)}},
		{"stored, then title too long", titleInvalid, []Field{token, data(movie), TextField("title", strings.Repeat("长", 129))}},
		{"stored, then a second file", paramDuplicate, []Field{token, title, data(movie), data(movie)}},
		{"stored, then another token", paramDuplicate, []Field{token, title, data(movie), TextField("token", "nonsense")}},
		{"stored, then a huge field", bodyTooLarge, []Field{token, title, data(movie), TextField("unknown", strings.Repeat("x", 4<<20))}},
		{"text named mp4", videoFormat, []Field{FileField("data", "a.mp4", strings.NewReader(strings.Repeat("hello world ", 1000))), token, title}},
		{"playlist named mp4", videoFormat, []Field{FileField("data", "a.mp4", strings.NewReader("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")), token, title}},
		{"picture named mp4", videoFormat, []Field{FileField("data", "a.mp4", strings.NewReader("\x89PNG\r\n\x1a\n"+strings.Repeat("\x00", 500))), token, title}},
		{"program named mp4", videoFormat, []Field{FileField("data", "a.mp4", strings.NewReader("\x7fELF"+strings.Repeat("\x00", 500))), token, title}},
		{"three bytes", videoFormat, []Field{FileField("data", "a.mp4", strings.NewReader("abc")), token, title}},
		{"text of several parts", videoFormat, []Field{FileField("data", "a.mp4", strings.NewReader(strings.Repeat("x", 5<<20))), token, title}},
		{"two files", paramDuplicate, []Field{data(movie), data(movie), token, title}},
	} {
		t.Run(c.what, func(t *testing.T) {
			refusedWith(t, c.code, must(p.PublishForm(t.Context(), nil, c.fields...))(t))
			nothingLeft(t, before)
		})
	}
	for what, bad := range badTokens(t, p) {
		t.Run("token "+what, func(t *testing.T) {
			refusedWith(t, tokenInvalid, must(p.PublishForm(t.Context(), nil, data(movie), TextField("token", bad), title))(t))
		})
	}
	t.Run("no multipart at all", func(t *testing.T) {
		for _, contentType := range []string{"", "video/mp4", "multipart/form-data", "multipart/form-data; boundary=", "application/json"} {
			query := url.Values{"token": {a.Token}, "title": {"refused"}}
			refusedWith(t, uploadMalformed, must(send[PublishReply](t.Context(), p, http.MethodPost, "/douyin/publish/action/", query, contentType, bytes.NewReader(movie)))(t))
		}
	})

	if list := must(p.PublishList(t.Context(), a.ID, a.Token))(t); len(list.Videos) > 0 {
		t.Errorf("%d refused uploads are listed, first %q", len(list.Videos), list.Videos[0].Title)
	}
	nothingLeft(t, before)
}

// Fields may come in any order and in the query as well.
func TestUploadFieldsInAnyOrder(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	token := func() Field { return TextField("token", a.Token) }
	title := func(s string) Field { return TextField("title", s) }
	other := func() Field { return TextField("unknown", "ignored") }
	want := map[string][]byte{}
	for what, make := range map[string]func(movie []byte) (url.Values, []Field){
		"file first":   func(m []byte) (url.Values, []Field) { return nil, []Field{data(m), token(), title("file first")} },
		"file last":    func(m []byte) (url.Values, []Field) { return nil, []Field{token(), title("file last"), data(m)} },
		"file between": func(m []byte) (url.Values, []Field) { return nil, []Field{title("file between"), data(m), token()} },
		"unknown fields": func(m []byte) (url.Values, []Field) {
			return nil, []Field{other(), token(), other(), data(m), other(), title("unknown fields")}
		},
		"title in query": func(m []byte) (url.Values, []Field) {
			return url.Values{"title": {"title in query"}}, []Field{data(m), token()}
		},
		"token in query": func(m []byte) (url.Values, []Field) {
			return url.Values{"token": {a.Token}}, []Field{data(m), title("token in query")}
		},
	} {
		movie := smallMP4(t)
		query, fields := make(movie)
		r := must(p.PublishForm(t.Context(), query, fields...))(t)
		if r.StatusCode != 0 {
			t.Errorf("%s: refused with %d %s", what, r.StatusCode, r.StatusMsg)
			continue
		}
		want[what] = movie
		becomesReady(t, p, a, r.VideoID)
	}
	list := must(p.PublishList(t.Context(), a.ID, ""))(t)
	if len(list.Videos) != len(want) {
		t.Errorf("%d videos listed, %d accepted", len(list.Videos), len(want))
	}
	for _, v := range list.Videos {
		if body, _ := download(t, http.MethodGet, v.PlayURL, nil); !bytes.Equal(body, want[v.Title]) {
			t.Errorf("%s: other bytes than uploaded", v.Title)
		}
	}
}

// A declared length above the limit is refused at once: nobody should have to
// send half a gigabyte to hear no.
func TestUploadOverTheLimitIsRefusedBeforeItIsSent(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	before := storedFiles(t)
	for what, length := range map[string]int64{"a little more": defaultUploadLimit + 64<<20, "5 GiB declared": 5 << 30} {
		t.Run(what, func(t *testing.T) {
			up := beginUpload(t, length)
			up.field(t, "token", a.Token)
			up.field(t, "title", "too large")
			up.openFile(t)
			up.write(t, strings.Repeat("x", 4<<10))
			r, took := up.answer(t)
			refusedWith(t, videoTooLarge, r)
			t.Logf("refused after %s: %s", took, r.StatusMsg)
			if took > 5*time.Second {
				t.Errorf("the refusal took %s", took)
			}
		})
	}
	if list := must(p.PublishList(t.Context(), a.ID, a.Token))(t); len(list.Videos) > 0 {
		t.Error("the refused video is listed")
	}
	nothingLeft(t, before)
}

// Bodies that stop or break in the middle of the file, some megabytes in, so
// that parts have been written by then.
func TestBrokenUploadsLeaveNothing(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	before := storedFiles(t)
	movie := string(largeMP4(t)[:5<<20])
	for what, end := range map[string]func(*testing.T, *rawUpload){
		"aborted": func(t *testing.T, up *rawUpload) {
			// Parts of it are stored by now; that is what has to go away again.
			within(t, 15*time.Second, "parts of the upload are stored", func(context.Context) error {
				if n := len(newFiles(t, before)); n == 0 {
					return fmt.Errorf("none yet")
				}
				return nil
			})
			up.hangUp(t)
		},
		"no closing boundary": func(t *testing.T, up *rawUpload) {
			up.write(t, "\r\n") // the announced length is reached here
			r, _ := up.answer(t)
			refusedWith(t, uploadMalformed, r)
		},
		"garbage after the file": func(t *testing.T, up *rawUpload) {
			up.write(t, "\r\n--"+rawBoundary+"\r\nno header at all\r\n")
			up.hangUp(t)
		},
	} {
		t.Run(what, func(t *testing.T) {
			length := int64(64 << 20)
			if what == "no closing boundary" {
				length = bodyLength(a.Token, len(movie)+2)
			}
			up := beginUpload(t, length)
			up.field(t, "token", a.Token)
			up.openFile(t)
			up.write(t, movie)
			end(t, up)
			nothingLeft(t, before)
		})
	}
	if list := must(p.PublishList(t.Context(), a.ID, a.Token))(t); len(list.Videos) > 0 {
		t.Errorf("%d broken uploads are listed", len(list.Videos))
	}
	accepted(t, must(p.Publish(t.Context(), a.Token, "after all that", bytes.NewReader(smallMP4(t))))(t))
}

// bodyLength is the length of a raw form with a token and an unfinished file.
func bodyLength(token string, file int) int64 {
	return int64(len(fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", rawBoundary, "token", token)) +
		len(fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.mp4\"\r\nContent-Type: video/mp4\r\n\r\n", rawBoundary)) + file)
}

func TestTwentyUploadsAtOnce(t *testing.T) {
	p := newPhone()
	authors := []account{newAccount(t, p), newAccount(t, p), newAccount(t, p), newAccount(t, p)}
	const uploads = 20
	large := largeMP4(t)
	want := map[string][32]byte{}
	results := make(chan error, uploads)
	for i := range uploads {
		title, a := fmt.Sprintf("parallel %d", i), authors[i%len(authors)]
		movie := withBox(large, []byte(title))
		want[title] = sha256.Sum256(movie)
		go func() {
			r, err := p.Publish(t.Context(), a.Token, title, bytes.NewReader(movie))
			if err == nil && r.StatusCode != 0 {
				err = fmt.Errorf("%s: refused with %+v", title, r.Status)
			}
			results <- err
		}()
	}
	for range uploads {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	var listed []Video
	for _, a := range authors {
		listed = append(listed, allReady(t, p, a)...)
	}
	if len(listed) != uploads {
		t.Errorf("%d of %d uploads are listed", len(listed), uploads)
	}
	for _, v := range listed {
		if body, _ := download(t, http.MethodGet, v.PlayURL, nil); sha256.Sum256(body) != want[v.Title] {
			t.Errorf("%s: other bytes than uploaded", v.Title)
		}
	}
}

// One author cannot keep any number of uploads open: there is an end, it is
// told clearly, and it passes when the open ones do.
func TestUploadsHeldOpen(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	before := storedFiles(t)
	movie := string(largeMP4(t)[:partSize+1])
	upload := func(ctx context.Context) error {
		r, err := p.Publish(ctx, a.Token, "beside", bytes.NewReader(smallMP4(t)))
		return clearly(r, err)
	}
	var open []*rawUpload
	var end error
	for range 40 {
		up := beginUpload(t, 64<<20)
		up.field(t, "token", a.Token)
		up.openFile(t)
		up.write(t, movie)
		open = append(open, up)
		if len(open) < 5 {
			continue
		}
		if end = upload(t.Context()); end != nil {
			break
		}
	}
	if !errors.Is(end, errRefused) {
		t.Fatalf("%d uploads held open, and one more ends with %v", len(open), end)
	}
	t.Logf("with %d uploads held open: %v", len(open), end)
	for _, up := range open {
		up.hangUp(t)
	}
	within(t, 15*time.Second, "the author can upload again", upload)
	list := allReady(t, p, a)
	within(t, 15*time.Second, "only the complete uploads are stored", func(context.Context) error {
		if n := len(sources(newFiles(t, before))); n != len(list) {
			return fmt.Errorf("%d files for %d small videos", n, len(list))
		}
		return nil
	})
}
