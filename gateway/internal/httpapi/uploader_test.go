package httpapi_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"testing"
)

// movie is the shape of an MP4 file of n bytes.
func movie(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(i * 31)
	}
	copy(out, "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00")
	return out
}

// part of a multipart form.
type part struct {
	name, file string
	body       []byte
}

func field(name, value string) part { return part{name: name, body: []byte(value)} }

func file(body []byte) part { return part{name: "data", file: "../VID 1.mp4", body: body} }

func encodeForm(t testing.TB, parts ...part) (body []byte, contentType string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, p := range parts {
		var to io.Writer
		var err error
		if p.file != "" {
			to, err = w.CreateFormFile(p.name, p.file)
		} else {
			to, err = w.CreateFormField(p.name)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(p.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), w.FormDataContentType()
}

func (r *rig) upload(t testing.TB, query url.Values, parts ...part) []byte {
	t.Helper()
	body, contentType := encodeForm(t, parts...)
	return r.send(t, http.MethodPost, "/douyin/publish/action/", query, contentType, bytes.NewReader(body))
}
