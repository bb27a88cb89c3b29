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

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// defaultUploadLimit is the default of MAX_UPLOAD_BYTES.
const defaultUploadLimit = 512 << 20

func data(body []byte) client.Field { return client.FileField("data", "a.mp4", bytes.NewReader(body)) }

// A refused upload leaves neither a video in the author's list nor an object.
func TestRefusedUploadsLeaveNothing(t *testing.T) {
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	movie := e2etest.SmallVideo(t)
	token, title := client.TextField("token", a.Token), client.TextField("title", "refused")
	before := e2etest.StoredObjects(t)

	for _, c := range []struct {
		what   string
		code   client.Code
		fields []client.Field
	}{
		{"empty form", client.CodeTokenInvalid, nil},
		{"no file", client.CodeVideoMissing, []client.Field{token, title}},
		{"file of 0 bytes", client.CodeVideoEmpty, []client.Field{data(nil), token, title}},
		{"file as a text field", client.CodeVideoMissing, []client.Field{client.TextField("data", string(movie)), token, title}},
		{"file under another name", client.CodeVideoMissing, []client.Field{client.FileField("video", "a.mp4", bytes.NewReader(movie)), token, title}},
		{"no token", client.CodeTokenInvalid, []client.Field{data(movie), title}},
		{"empty token", client.CodeTokenInvalid, []client.Field{data(movie), client.TextField("token", ""), title}},
		{"invalid token, before the file", client.CodeTokenInvalid, []client.Field{client.TextField("token", "nonsense"), title, data(movie)}},
		{"invalid token, after the file", client.CodeTokenInvalid, []client.Field{data(movie), client.TextField("token", "nonsense"), title}},
		{"no title", client.CodeTitleInvalid, []client.Field{data(movie), token}},
		{"empty title", client.CodeTitleInvalid, []client.Field{data(movie), token, client.TextField("title", "")}},
		{"title of spaces", client.CodeTitleInvalid, []client.Field{data(movie), token, client.TextField("title", "   ")}},
		{"title too long", client.CodeTitleInvalid, []client.Field{data(movie), token, client.TextField("title", strings.Repeat("长", 2000))}},
		{"title of a megabyte", client.CodeBodyTooLarge, []client.Field{token, client.TextField("title", strings.Repeat("x", 1<<20)), data(movie)}},
		{"title not UTF-8", client.CodeTitleInvalid, []client.Field{data(movie), token, client.TextField("title", "\xff\xfe")}},
		// With the token first, the file is stored while it arrives.
		{"stored, then no title", client.CodeTitleInvalid, []client.Field{token, data(movie)}},
		{"stored, then title too long", client.CodeTitleInvalid, []client.Field{token, data(movie), client.TextField("title", strings.Repeat("长", 129))}},
		{"stored, then a second file", client.CodeParamDuplicate, []client.Field{token, title, data(movie), data(movie)}},
		{"stored, then another token", client.CodeParamDuplicate, []client.Field{token, title, data(movie), client.TextField("token", "nonsense")}},
		{"stored, then a huge field", client.CodeBodyTooLarge, []client.Field{token, title, data(movie), client.TextField("unknown", strings.Repeat("x", 4<<20))}},
		{"text named mp4", client.CodeVideoFormat, []client.Field{client.FileField("data", "a.mp4", strings.NewReader(strings.Repeat("hello world ", 1000))), token, title}},
		{"playlist named mp4", client.CodeVideoFormat, []client.Field{client.FileField("data", "a.mp4", strings.NewReader("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")), token, title}},
		{"picture named mp4", client.CodeVideoFormat, []client.Field{client.FileField("data", "a.mp4", strings.NewReader("\x89PNG\r\n\x1a\n"+strings.Repeat("\x00", 500))), token, title}},
		{"program named mp4", client.CodeVideoFormat, []client.Field{client.FileField("data", "a.mp4", strings.NewReader("\x7fELF"+strings.Repeat("\x00", 500))), token, title}},
		{"three bytes", client.CodeVideoFormat, []client.Field{client.FileField("data", "a.mp4", strings.NewReader("abc")), token, title}},
		{"text of several parts", client.CodeVideoFormat, []client.Field{client.FileField("data", "a.mp4", strings.NewReader(strings.Repeat("x", 5<<20))), token, title}},
		{"two files", client.CodeParamDuplicate, []client.Field{data(movie), data(movie), token, title}},
	} {
		t.Run(c.what, func(t *testing.T) {
			e2etest.RefusedWith(t, c.code, e2etest.Must(p.PublishForm(t.Context(), nil, c.fields...))(t))
			e2etest.WaitNothingNew(t, before)
		})
	}
	for what, bad := range badTokens(t, p) {
		t.Run("token "+what, func(t *testing.T) {
			e2etest.RefusedWith(t, client.CodeTokenInvalid, e2etest.Must(p.PublishForm(t.Context(), nil, data(movie), client.TextField("token", bad), title))(t))
		})
	}
	t.Run("not multipart", func(t *testing.T) {
		for _, contentType := range []string{"", "video/mp4", "multipart/form-data", "multipart/form-data; boundary=", "application/json"} {
			query := url.Values{"token": {a.Token}, "title": {"refused"}}
			e2etest.RefusedWith(t, client.CodeUploadMalformed, e2etest.Must(client.Send[client.PublishResponse](t.Context(), p, http.MethodPost, "/douyin/publish/action/", query, contentType, bytes.NewReader(movie)))(t))
		}
	})

	if list := e2etest.Must(p.PublishList(t.Context(), a.ID, a.Token, client.Page{}))(t); len(list.Videos) > 0 {
		t.Errorf("%d refused uploads are listed, first %q", len(list.Videos), list.Videos[0].Title)
	}
	e2etest.WaitNothingNew(t, before)
}

// Fields may be in any order, and in the query.
func TestUploadFieldsInAnyOrder(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	token := func() client.Field { return client.TextField("token", a.Token) }
	title := func(s string) client.Field { return client.TextField("title", s) }
	other := func() client.Field { return client.TextField("unknown", "ignored") }
	want := map[string][]byte{}
	for what, make := range map[string]func(movie []byte) (url.Values, []client.Field){
		"file first": func(m []byte) (url.Values, []client.Field) {
			return nil, []client.Field{data(m), token(), title("file first")}
		},
		"file last": func(m []byte) (url.Values, []client.Field) {
			return nil, []client.Field{token(), title("file last"), data(m)}
		},
		"file in the middle": func(m []byte) (url.Values, []client.Field) {
			return nil, []client.Field{title("file in the middle"), data(m), token()}
		},
		"unknown fields": func(m []byte) (url.Values, []client.Field) {
			return nil, []client.Field{other(), token(), other(), data(m), other(), title("unknown fields")}
		},
		"title in query": func(m []byte) (url.Values, []client.Field) {
			return url.Values{"title": {"title in query"}}, []client.Field{data(m), token()}
		},
		"token in query": func(m []byte) (url.Values, []client.Field) {
			return url.Values{"token": {a.Token}}, []client.Field{data(m), title("token in query")}
		},
	} {
		movie := e2etest.SmallVideo(t)
		query, fields := make(movie)
		r := e2etest.Must(p.PublishForm(t.Context(), query, fields...))(t)
		if r.Code != 0 {
			t.Errorf("%s: refused with %d %s", what, r.Code, r.Message)
			continue
		}
		want[what] = movie
	}
	listed := e2etest.WaitAllReady(t, p, a)
	if len(listed) != len(want) {
		t.Errorf("%d videos listed, %d accepted", len(listed), len(want))
	}
	for _, v := range listed {
		if body, _ := e2etest.Download(t, http.MethodGet, v.PlayURL, nil); !bytes.Equal(body, want[v.Title]) {
			t.Errorf("%s: the bytes are not those of the upload", v.Title)
		}
	}
}

// An announced length above the limit is refused before the body is sent.
func TestUploadOverTheLimitIsRefusedBeforeItIsSent(t *testing.T) {
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	before := e2etest.StoredObjects(t)
	for what, length := range map[string]int64{"a little more": defaultUploadLimit + 64<<20, "5 GiB": 5 << 30} {
		t.Run(what, func(t *testing.T) {
			up := beginUpload(t, length)
			up.field(t, "token", a.Token)
			up.field(t, "title", "too large")
			up.openFile(t)
			up.write(t, strings.Repeat("x", 4<<10))
			r, took := up.response(t)
			e2etest.RefusedWith(t, client.CodeVideoTooLarge, r)
			t.Logf("refused after %s: %s", took, r.Message)
			if took > 5*time.Second {
				t.Errorf("the refusal took %s", took)
			}
		})
	}
	if list := e2etest.Must(p.PublishList(t.Context(), a.ID, a.Token, client.Page{}))(t); len(list.Videos) > 0 {
		t.Error("the refused video is listed")
	}
	e2etest.WaitNothingNew(t, before)
}

// Bodies that end or are malformed after some megabytes of the file, when parts are
// stored already, leave nothing.
func TestBrokenUploadsLeaveNothing(t *testing.T) {
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	before := e2etest.StoredObjects(t)
	movie := string(e2etest.LargeVideo(t)[:5<<20])
	for what, end := range map[string]func(*testing.T, *rawUpload){
		"aborted": func(t *testing.T, up *rawUpload) {
			e2etest.Within(t, 15*time.Second, "parts of the upload are stored", func(context.Context) error {
				if n := len(e2etest.NewObjects(t, before)); n == 0 {
					return errors.New("none yet")
				}
				return nil
			})
			up.abort(t)
		},
		"no closing boundary": func(t *testing.T, up *rawUpload) {
			up.write(t, "\r\n") // ends the announced length
			r, _ := up.response(t)
			e2etest.RefusedWith(t, client.CodeUploadMalformed, r)
		},
		"malformed header after the file": func(t *testing.T, up *rawUpload) {
			up.write(t, "\r\n--"+rawBoundary+"\r\nno header at all\r\n")
			up.abort(t)
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
			e2etest.WaitNothingNew(t, before)
		})
	}
	if list := e2etest.Must(p.PublishList(t.Context(), a.ID, a.Token, client.Page{}))(t); len(list.Videos) > 0 {
		t.Errorf("%d broken uploads are listed", len(list.Videos))
	}
	e2etest.Accepted(t, e2etest.Must(p.Publish(t.Context(), a.Token, "after the broken ones", bytes.NewReader(e2etest.SmallVideo(t))))(t))
}

// bodyLength is the length of a raw form with a token and a file without its end.
func bodyLength(token string, file int) int64 {
	return int64(len(fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", rawBoundary, "token", token)) +
		len(fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.mp4\"\r\nContent-Type: video/mp4\r\n\r\n", rawBoundary)) + file)
}

func TestTwentyUploadsAtOnce(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	authors := []e2etest.Account{e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)}
	const uploads = 20
	large := e2etest.LargeVideo(t)
	want := map[string][32]byte{}
	results := make(chan error, uploads)
	for i := range uploads {
		title, a := fmt.Sprintf("parallel %d", i), authors[i%len(authors)]
		movie := e2etest.WithBox(large, []byte(title))
		want[title] = sha256.Sum256(movie)
		go func() {
			r, err := p.Publish(t.Context(), a.Token, title, bytes.NewReader(movie))
			if err == nil && r.Code != 0 {
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
	var listed []client.Video
	for _, a := range authors {
		listed = append(listed, e2etest.WaitAllReady(t, p, a)...)
	}
	if len(listed) != uploads {
		t.Errorf("%d of %d uploads are listed", len(listed), uploads)
	}
	for _, v := range listed {
		if body, _ := e2etest.Download(t, http.MethodGet, v.PlayURL, nil); sha256.Sum256(body) != want[v.Title] {
			t.Errorf("%s: the bytes are not those of the upload", v.Title)
		}
	}
}

// The number of open uploads of one author is limited. A further one is refused, and
// accepted when the open ones have ended.
func TestOpenUploadsAreLimited(t *testing.T) {
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	before := e2etest.StoredObjects(t)
	movie := string(e2etest.LargeVideo(t)[:e2etest.PartSize+1])
	upload := func(ctx context.Context) error {
		r, err := p.Publish(ctx, a.Token, "beside", bytes.NewReader(e2etest.SmallVideo(t)))
		return e2etest.Acknowledged(r, err)
	}
	var open []*rawUpload
	var refusal error
	for range 40 {
		up := beginUpload(t, 64<<20)
		up.field(t, "token", a.Token)
		up.openFile(t)
		up.write(t, movie)
		open = append(open, up)
		if len(open) < 5 {
			continue
		}
		if refusal = upload(t.Context()); refusal != nil {
			break
		}
	}
	if !e2etest.IsRefusal(refusal) {
		t.Fatalf("%d uploads are open, and one more ends with %v", len(open), refusal)
	}
	t.Logf("with %d open uploads: %v", len(open), refusal)
	for _, up := range open {
		up.abort(t)
	}
	e2etest.Within(t, 15*time.Second, "the author can upload again", upload)
	list := e2etest.WaitAllReady(t, p, a)
	e2etest.Within(t, 15*time.Second, "only the complete uploads are stored", func(context.Context) error {
		if n := len(e2etest.Sources(e2etest.NewObjects(t, before))); n != len(list) {
			return fmt.Errorf("%d objects for %d small videos", n, len(list))
		}
		return nil
	})
}
