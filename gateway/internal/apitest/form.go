package apitest

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"testing"
)

// Movie returns n bytes that begin like an MP4 file.
func Movie(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(i * 31)
	}
	copy(out, "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00")
	return out
}

// Part is a part of a multipart form.
type Part struct {
	Name, FileName string
	Body           []byte
}

// Field is a part without a file name.
func Field(name, value string) Part { return Part{Name: name, Body: []byte(value)} }

// File is the part with the video.
func File(body []byte) Part { return Part{Name: "data", FileName: "../VID 1.mp4", Body: body} }

// EncodeForm returns the body and the content type of a form.
func EncodeForm(t testing.TB, parts ...Part) (body []byte, contentType string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, p := range parts {
		var to io.Writer
		var err error
		if p.FileName != "" {
			to, err = w.CreateFormFile(p.Name, p.FileName)
		} else {
			to, err = w.CreateFormField(p.Name)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(p.Body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), w.FormDataContentType()
}

// Upload publishes a form.
func (h *Harness) Upload(t testing.TB, query url.Values, parts ...Part) []byte {
	t.Helper()
	body, contentType := EncodeForm(t, parts...)
	return h.Send(t, http.MethodPost, "/douyin/publish/action/", query, contentType, bytes.NewReader(body))
}
