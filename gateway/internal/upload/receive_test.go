package upload_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Fields come in any order and in the query as well; play_url serves the bytes of
// the upload.
func TestUploadInAllFieldOrders(t *testing.T) {
	for _, size := range []int{12, 511, 512, 513, 1023, 1024, 1025, 5000, apitest.MaxUpload} {
		film := apitest.Movie(size)
		h := apitest.New(t, nil)
		h.Users.Add("amy", "x")
		h.Videos.PartSize = 1024
		token, title, data := apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "猫 <b>"), apitest.File(film)
		for i, c := range []struct {
			query url.Values
			parts []apitest.Part
		}{
			{nil, []apitest.Part{token, title, data}},
			{nil, []apitest.Part{token, data, title}},
			{nil, []apitest.Part{title, token, data}},
			{nil, []apitest.Part{title, data, token}},
			{nil, []apitest.Part{data, token, title}},
			{nil, []apitest.Part{data, title, token}},
			{nil, []apitest.Part{apitest.Field("x", "y"), data, apitest.Field("", "z"), token, apitest.Field("x", "y"), title}},
			{url.Values{"token": {string(token.Body)}}, []apitest.Part{data, title}},
			{url.Values{"token": {string(token.Body)}}, []apitest.Part{title, data}},
			{url.Values{"title": {string(title.Body)}}, []apitest.Part{data, token}},
			{url.Values{"title": {string(title.Body)}, "token": {string(token.Body)}}, []apitest.Part{data}},
			{url.Values{"title": {""}, "token": {string(token.Body)}}, []apitest.Part{data, token, title}},
		} {
			what := fmt.Sprintf("%d bytes, order %d", size, i)
			apitest.WantCode(t, what, h.Upload(t, c.query, c.parts...), 0)
			published := h.Videos.Published()
			if len(published) != i+1 {
				t.Fatalf("%s: %d videos", what, len(published))
			}
			v := published[0]
			sum := sha256.Sum256(film)
			if v.GetTitle() != "猫 <b>" || v.GetAuthorId() != 1 || v.GetSource().GetSize() != int64(size) ||
				!bytes.Equal(v.GetSource().GetSha256(), sum[:]) || v.GetSource().GetContentType() != "video/mp4" {
				t.Errorf("%s: %v", what, v)
			}
			if h.Videos.Open() != 0 || h.Videos.Aborted() != 0 {
				t.Errorf("%s: %d open, %d aborted", what, h.Videos.Open(), h.Videos.Aborted())
			}
		}
	}
}

func TestUploadedBytesComeBack(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	film := apitest.Movie(5000)
	apitest.WantCode(t, "upload", h.Upload(t, nil, apitest.File(film), apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t")), 0)
	v := h.Videos.Published()[0]
	req, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/media/videos/%d/%x.mp4", h.Base, v.GetId(), v.GetSource().GetSha256()[:8]), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Range", "bytes=1000-3100")
	res, err := apitest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusPartialContent || !bytes.Equal(got, film[1000:3101]) {
		t.Errorf("%s, %d bytes, %v", res.Status, len(got), err)
	}
}

// Every refused upload gets its own status code and leaves nothing behind.
func TestRefusedUploads(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	token, title, data := apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t"), apitest.File(apitest.Movie(3000))
	var manyFields []apitest.Part
	for range 20 {
		manyFields = append(manyFields, apitest.Field("x", "y"))
	}
	inQuery := url.Values{"token": {string(token.Body)}}
	for _, c := range []struct {
		what  string
		query url.Values
		parts []apitest.Part
		want  int32
	}{
		{"empty form", nil, nil, 2001},
		{"no file", nil, []apitest.Part{token, title}, 3001},
		{"file as a text field", nil, []apitest.Part{apitest.Field("data", string(apitest.Movie(3000))), token, title}, 3001},
		{"file under another name", nil, []apitest.Part{{Name: "video", FileName: "a.mp4", Body: apitest.Movie(3000)}, token, title}, 3001},
		{"empty file", nil, []apitest.Part{token, title, apitest.File(nil)}, 3002},
		{"empty file first", nil, []apitest.Part{apitest.File(nil), token, title}, 3002},
		{"two files", nil, []apitest.Part{token, title, data, data}, 1003},
		{"two files first", nil, []apitest.Part{data, data, token, title}, 1003},
		{"no token", nil, []apitest.Part{data, title}, 2001},
		{"empty token", nil, []apitest.Part{data, apitest.Field("token", ""), title}, 2001},
		{"bad token before the file", nil, []apitest.Part{apitest.Field("token", "bad"), data, title}, 2001},
		{"bad token after the file", nil, []apitest.Part{data, apitest.Field("token", "bad"), title}, 2001},
		{"bad token in the query", url.Values{"token": {"bad"}}, []apitest.Part{data, title}, 2001},
		{"token twice", nil, []apitest.Part{token, token, data, title}, 1003},
		{"token twice, around the file", nil, []apitest.Part{token, data, token, title}, 1003},
		{"other token after the file", inQuery, []apitest.Part{data, apitest.Field("token", h.TokenOf(t, 2)), title}, 1003},
		{"no title", nil, []apitest.Part{token, data}, 3005},
		{"no title, file first", nil, []apitest.Part{data, token}, 3005},
		{"title of spaces", nil, []apitest.Part{token, data, apitest.Field("title", " \t")}, 3005},
		{"title not UTF-8", nil, []apitest.Part{token, data, apitest.Field("title", "\xff")}, 3005},
		{"huge title", nil, []apitest.Part{token, apitest.Field("title", strings.Repeat("x", 70_000)), data}, 1006},
		{"huge title after the file", nil, []apitest.Part{token, data, apitest.Field("title", strings.Repeat("x", 140_000))}, 1006},
		{"many fields", nil, append(manyFields, token, title, data), 3006},
		{"not a video", nil, []apitest.Part{token, title, apitest.File(bytes.Repeat([]byte("hello "), 500))}, 3004},
		{"not a video, first", nil, []apitest.Part{apitest.File(bytes.Repeat([]byte("hello "), 500)), token, title}, 3004},
		{"playlist", nil, []apitest.Part{token, title, apitest.File([]byte("#EXTM3U\nfile:///etc/passwd\n"))}, 3004},
		{"three bytes", nil, []apitest.Part{token, title, apitest.File([]byte("abc"))}, 3004},
		{"a byte too large", nil, []apitest.Part{token, title, apitest.File(apitest.Movie(apitest.MaxUpload + 1))}, 3003},
		{"a byte too large, first", nil, []apitest.Part{apitest.File(apitest.Movie(apitest.MaxUpload + 1)), token, title}, 3003},
		{"far too large", nil, []apitest.Part{token, title, apitest.File(apitest.Movie(4 * apitest.MaxUpload))}, 3003},
	} {
		apitest.WantCode(t, c.what, h.Upload(t, c.query, c.parts...), c.want)
		body, contentType := apitest.EncodeForm(t, c.parts...)
		unannounced := io.MultiReader(bytes.NewReader(body)) // a chunked body
		apitest.WantCode(t, c.what+", chunked", h.Send(t, http.MethodPost, "/douyin/publish/action", c.query, contentType, unannounced), c.want)
		h.NothingLeft(t, c.what)
	}
}

func TestBrokenForms(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	token, title := apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t")
	whole, contentType := apitest.EncodeForm(t, token, title, apitest.File(apitest.Movie(3000)))
	last, _ := apitest.EncodeForm(t, token, apitest.File(apitest.Movie(3000)), title)
	for _, c := range []struct {
		what, kind string
		body       []byte
		want       int32
	}{
		{"no form", "", apitest.Movie(3000), 3006},
		{"raw video", "video/mp4", apitest.Movie(3000), 3006},
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
		apitest.WantCode(t, c.what, h.Send(t, http.MethodPost, "/douyin/publish/action/", nil, c.kind, bytes.NewReader(c.body)), c.want)
		h.NothingLeft(t, c.what)
	}
}

// The video service may set a lower limit than the gateway.
func TestServiceSetsALowerLimit(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	h.Videos.MaxSize = 4000
	token, title := apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t")
	for _, parts := range [][]apitest.Part{{token, title, apitest.File(apitest.Movie(5000))}, {apitest.File(apitest.Movie(5000)), token, title}} {
		apitest.WantCode(t, "too large for the service", h.Upload(t, nil, parts...), 3003)
		h.NothingLeft(t, "too large for the service")
	}
}

func TestFaultsDuringUploads(t *testing.T) {
	down := errs.New(errs.Unavailable, "", "")
	for _, c := range []struct {
		what  string
		fault func(*apitest.Harness)
		want  int32
	}{
		{"begin fails", func(h *apitest.Harness) { h.Videos.Fail("BeginUpload", down) }, 5001},
		{"author unknown", func(h *apitest.Harness) {
			h.Videos.Fail("BeginUpload", errs.New(errs.NotFound, videov1.ReasonUserUnknown, ""))
		}, 2006},
		{"first part fails", func(h *apitest.Harness) { h.Blobs.Fail("Put", down) }, 5001},
		{"second part fails", func(h *apitest.Harness) { h.Blobs.Fail("Put", nil, down) }, 5001},
		{"commit is refused", func(h *apitest.Harness) {
			h.Videos.Fail("CommitUpload", errs.New(errs.Invalid, videov1.ReasonTitleInvalid, ""))
		}, 3005},
		{"commit fails", func(h *apitest.Harness) { h.Videos.Fail("CommitUpload", down, down) }, 5001},
		{"commit fails inside", func(h *apitest.Harness) { h.Videos.Fail("CommitUpload", errs.New(errs.Internal, "", "")) }, 5000},
	} {
		for _, first := range []bool{true, false} {
			h := apitest.New(t, nil)
			h.Users.Add("amy", "x")
			c.fault(h)
			parts := []apitest.Part{apitest.Field("token", h.TokenOf(t, 1)), apitest.Field("title", "t"), apitest.File(apitest.Movie(3000))}
			if first {
				parts[0], parts[2] = parts[2], parts[0]
			}
			apitest.WantCode(t, c.what, h.Upload(t, nil, parts...), c.want)
			if n := h.Videos.Open(); n != 0 {
				t.Errorf("%s: %d uploads left open", c.what, n)
			}
			if len(h.Videos.Published()) != 0 {
				t.Errorf("%s: published", c.what)
			}
		}
	}
}
