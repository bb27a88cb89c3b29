package httpapi_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Fields come in any order and in the query as well; the bytes behind play_url
// are those of the upload.
func TestUploadInAllFieldOrders(t *testing.T) {
	for _, size := range []int{12, 511, 512, 513, 1023, 1024, 1025, 5000, maxUpload} {
		film := movie(size)
		r := newRig(t, nil)
		r.users.Add("amy", "x")
		r.videos.PartSize = 1024
		token, title, data := field("token", r.tokenOf(t, 1)), field("title", "猫 <b>"), file(film)
		for i, c := range []struct {
			query url.Values
			parts []part
		}{
			{nil, []part{token, title, data}},
			{nil, []part{token, data, title}},
			{nil, []part{title, token, data}},
			{nil, []part{title, data, token}},
			{nil, []part{data, token, title}},
			{nil, []part{data, title, token}},
			{nil, []part{field("x", "y"), data, field("", "z"), token, field("x", "y"), title}},
			{url.Values{"token": {string(token.body)}}, []part{data, title}},
			{url.Values{"token": {string(token.body)}}, []part{title, data}},
			{url.Values{"title": {string(title.body)}}, []part{data, token}},
			{url.Values{"title": {string(title.body)}, "token": {string(token.body)}}, []part{data}},
			{url.Values{"title": {""}, "token": {string(token.body)}}, []part{data, token, title}},
		} {
			what := fmt.Sprintf("%d bytes, order %d", size, i)
			wantCode(t, what, r.upload(t, c.query, c.parts...), 0)
			published := r.videos.Published()
			if len(published) != i+1 {
				t.Fatalf("%s: %d videos", what, len(published))
			}
			v := published[0]
			sum := sha256.Sum256(film)
			if v.GetTitle() != "猫 <b>" || v.GetAuthorId() != 1 || v.GetSource().GetSize() != int64(size) ||
				!bytes.Equal(v.GetSource().GetSha256(), sum[:]) || v.GetSource().GetContentType() != "video/mp4" {
				t.Errorf("%s: %v", what, v)
			}
			if r.videos.Open() != 0 || r.videos.Aborted() != 0 {
				t.Errorf("%s: %d open, %d aborted", what, r.videos.Open(), r.videos.Aborted())
			}
		}
	}
}

func TestUploadedBytesComeBack(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	film := movie(5000)
	wantCode(t, "upload", r.upload(t, nil, file(film), field("token", r.tokenOf(t, 1)), field("title", "t")), 0)
	v := r.videos.Published()[0]
	req, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/media/videos/%d/%x.mp4", r.base, v.GetId(), v.GetSource().GetSha256()[:8]), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Range", "bytes=1000-3100")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusPartialContent || !bytes.Equal(got, film[1000:3101]) {
		t.Errorf("%s, %d bytes, %v", res.Status, len(got), err)
	}
}

// Every refused upload says why and leaves nothing behind.
func TestRefusedUploads(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	token, title, data := field("token", r.tokenOf(t, 1)), field("title", "t"), file(movie(3000))
	var manyFields []part
	for range 20 {
		manyFields = append(manyFields, field("x", "y"))
	}
	inQuery := url.Values{"token": {string(token.body)}}
	for _, c := range []struct {
		what  string
		query url.Values
		parts []part
		want  int32
	}{
		{"empty form", nil, nil, 2001},
		{"no file", nil, []part{token, title}, 3001},
		{"file as a text field", nil, []part{field("data", string(movie(3000))), token, title}, 3001},
		{"file under another name", nil, []part{{name: "video", file: "a.mp4", body: movie(3000)}, token, title}, 3001},
		{"empty file", nil, []part{token, title, file(nil)}, 3002},
		{"empty file first", nil, []part{file(nil), token, title}, 3002},
		{"two files", nil, []part{token, title, data, data}, 1003},
		{"two files first", nil, []part{data, data, token, title}, 1003},
		{"no token", nil, []part{data, title}, 2001},
		{"empty token", nil, []part{data, field("token", ""), title}, 2001},
		{"bad token before the file", nil, []part{field("token", "bad"), data, title}, 2001},
		{"bad token after the file", nil, []part{data, field("token", "bad"), title}, 2001},
		{"bad token in the query", url.Values{"token": {"bad"}}, []part{data, title}, 2001},
		{"token twice", nil, []part{token, token, data, title}, 1003},
		{"token twice, around the file", nil, []part{token, data, token, title}, 1003},
		{"other token after the file", inQuery, []part{data, field("token", r.tokenOf(t, 2)), title}, 1003},
		{"no title", nil, []part{token, data}, 3005},
		{"no title, file first", nil, []part{data, token}, 3005},
		{"title of spaces", nil, []part{token, data, field("title", " \t")}, 3005},
		{"title not UTF-8", nil, []part{token, data, field("title", "\xff")}, 3005},
		{"huge title", nil, []part{token, field("title", strings.Repeat("x", 70_000)), data}, 1006},
		{"huge title after the file", nil, []part{token, data, field("title", strings.Repeat("x", 140_000))}, 1006},
		{"many fields", nil, append(manyFields, token, title, data), 3006},
		{"no video", nil, []part{token, title, file(bytes.Repeat([]byte("hello "), 500))}, 3004},
		{"no video, first", nil, []part{file(bytes.Repeat([]byte("hello "), 500)), token, title}, 3004},
		{"playlist", nil, []part{token, title, file([]byte("#EXTM3U\nfile:///etc/passwd\n"))}, 3004},
		{"three bytes", nil, []part{token, title, file([]byte("abc"))}, 3004},
		{"a byte too large", nil, []part{token, title, file(movie(maxUpload + 1))}, 3003},
		{"a byte too large, first", nil, []part{file(movie(maxUpload + 1)), token, title}, 3003},
		{"far too large", nil, []part{token, title, file(movie(4 * maxUpload))}, 3003},
	} {
		wantCode(t, c.what, r.upload(t, c.query, c.parts...), c.want)
		body, contentType := encodeForm(t, c.parts...)
		unannounced := io.MultiReader(bytes.NewReader(body)) // a chunked body
		wantCode(t, c.what+", chunked", r.send(t, http.MethodPost, "/douyin/publish/action", c.query, contentType, unannounced), c.want)
		r.nothingLeft(t, c.what)
	}
}

func TestBrokenForms(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	token, title := field("token", r.tokenOf(t, 1)), field("title", "t")
	whole, contentType := encodeForm(t, token, title, file(movie(3000)))
	last, _ := encodeForm(t, token, file(movie(3000)), title)
	for _, c := range []struct {
		what, kind string
		body       []byte
		want       int32
	}{
		{"no form", "", movie(3000), 3006},
		{"raw video", "video/mp4", movie(3000), 3006},
		{"no boundary", "multipart/form-data", whole, 3006},
		{"empty boundary", "multipart/form-data; boundary=", whole, 3006},
		{"other multipart", strings.Replace(contentType, "form-data", "mixed", 1), whole, 3006},
		{"other boundary", "multipart/form-data; boundary=other", whole, 3006},
		{"empty", contentType, nil, 3006},
		{"cut in the file", contentType, whole[:len(whole)-1000], 3006},
		{"no closing boundary", contentType, whole[:len(whole)-4], 3006},
		{"cut after the file", contentType, last[:len(last)-20], 3006},
		{"header without colon", contentType, append(whole[:len(whole)-4:len(whole)-4], "\r\nno header at all\r\n\r\n"...), 3006},
		{"endless header", contentType, append(whole[:len(whole)-4:len(whole)-4], "\r\nX: "+strings.Repeat("x", 160_000)...), 1006},
		{"endless preamble", contentType, append(bytes.Repeat([]byte("x\n"), 80_000), whole...), 1006},
	} {
		wantCode(t, c.what, r.send(t, http.MethodPost, "/douyin/publish/action/", nil, c.kind, bytes.NewReader(c.body)), c.want)
		r.nothingLeft(t, c.what)
	}
}

// The author's limit or the service's may be lower than the gateway's.
func TestServiceSetsALowerLimit(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	r.videos.MaxSize = 4000
	token, title := field("token", r.tokenOf(t, 1)), field("title", "t")
	for _, parts := range [][]part{{token, title, file(movie(5000))}, {file(movie(5000)), token, title}} {
		wantCode(t, "too large for the service", r.upload(t, nil, parts...), 3003)
		r.nothingLeft(t, "too large for the service")
	}
}

func TestFaultsDuringUploads(t *testing.T) {
	down := errs.New(errs.Unavailable, "", "")
	for _, c := range []struct {
		what  string
		fault func(*rig)
		want  int32
	}{
		{"begin fails", func(r *rig) { r.videos.Fail("BeginUpload", down) }, 5001},
		{"author unknown", func(r *rig) { r.videos.Fail("BeginUpload", errs.New(errs.NotFound, "USER_UNKNOWN", "")) }, 2006},
		{"first part fails", func(r *rig) { r.blobs.Fail("Put", down) }, 5001},
		{"second part fails", func(r *rig) { r.blobs.Fail("Put", nil, down) }, 5001},
		{"commit is refused", func(r *rig) { r.videos.Fail("CommitUpload", errs.New(errs.Invalid, "TITLE_INVALID", "")) }, 3005},
		{"commit fails twice", func(r *rig) { r.videos.Fail("CommitUpload", down, down) }, 5001},
		{"commit fails inside", func(r *rig) { r.videos.Fail("CommitUpload", errs.New(errs.Internal, "", "")) }, 5000},
	} {
		for _, first := range []bool{true, false} {
			r := newRig(t, nil)
			r.users.Add("amy", "x")
			c.fault(r)
			parts := []part{field("token", r.tokenOf(t, 1)), field("title", "t"), file(movie(3000))}
			if first {
				parts[0], parts[2] = parts[2], parts[0]
			}
			wantCode(t, c.what, r.upload(t, nil, parts...), c.want)
			if n := r.videos.Open(); n != 0 {
				t.Errorf("%s: %d uploads left open", c.what, n)
			}
			if len(r.videos.Published()) != 0 {
				t.Errorf("%s: published", c.what)
			}
		}
	}
}

// A commit whose answer was lost is repeated, and what is a video by then is
// never reported as failed.
func TestCommitWithLostAnswer(t *testing.T) {
	lost := errs.New(errs.Timeout, "", "")
	for _, faults := range [][]error{{lost}, {errs.New(errs.Unavailable, "", "")}} {
		r := newRig(t, nil)
		r.users.Add("amy", "x")
		r.videos.Fail("CommitUpload", faults...)
		wantCode(t, "one lost answer", r.upload(t, nil, field("token", r.tokenOf(t, 1)), field("title", "t"), file(movie(3000))), 0)
		if n := r.videos.Count("CommitUpload"); n != 2 || len(r.videos.Published()) != 1 {
			t.Errorf("%d commits, %d videos", n, len(r.videos.Published()))
		}
	}
	// Both answers are lost although the first commit went through.
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	r.videos.LoseCommits = true
	wantCode(t, "both answers lost", r.upload(t, nil, field("token", r.tokenOf(t, 1)), field("title", "t"), file(movie(3000))), 0)
	if len(r.videos.Published()) != 1 || r.blobs.Len() == 0 {
		t.Errorf("%d videos, %d parts", len(r.videos.Published()), r.blobs.Len())
	}
}
