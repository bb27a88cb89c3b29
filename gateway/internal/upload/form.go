package upload

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
)

const (
	// maxEnvelopeBytes limits a form without its file: fields, headers of parts,
	// boundaries, and the text before and after them.
	maxEnvelopeBytes = 2 * request.MaxFormBytes
	readAhead        = 64 << 10
)

// form reads a multipart body part by part and counts its bytes, so that neither
// its size nor the size of its headers can fill the memory.
type form struct {
	parts *multipart.Reader
	in    countedReader
	seen  int
}

// newForm refuses a body that is not a form, or whose announced size is too
// large, before it reads it.
func newForm(r *http.Request, maxFile int64) (*form, error) {
	if r.ContentLength > maxFile+maxEnvelopeBytes {
		return nil, errVideoTooLarge
	}
	kind, details, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || details["boundary"] == "" {
		return nil, errUploadMalformed
	}
	f := &form{in: countedReader{r: bufio.NewReaderSize(r.Body, readAhead)}}
	f.parts = multipart.NewReader(&f.in, details["boundary"])
	return f, nil
}

// next returns the next part, or io.EOF after the closing boundary.
func (f *form) next() (*multipart.Part, error) {
	if f.seen++; f.seen > request.MaxFields {
		return nil, errUploadMalformed
	}
	part, err := f.parts.NextPart()
	if err != nil && err != io.EOF { // not errors.Is: a truncated form wraps EOF
		return nil, f.explain()
	}
	return part, err
}

// field reads a part that is not a file.
func (f *form) field(part *multipart.Part) (string, error) {
	value, err := io.ReadAll(io.LimitReader(part, request.MaxFormBytes+1))
	if err != nil {
		return "", f.explain()
	}
	if len(value) > request.MaxFormBytes {
		return "", request.ErrBodyTooLarge
	}
	return string(value), nil
}

// file returns the reader of the file; its bytes do not count as envelope.
func (f *form) file(part *multipart.Part) *fileReader {
	f.in.inFile = true
	return &fileReader{form: f, part: part}
}

// explain converts a failed read into a refusal. It drops the text of the error,
// which may quote the body, and the body may hold the token.
func (f *form) explain() error {
	if f.in.err == nil || errors.Is(f.in.err, io.EOF) {
		return errUploadMalformed
	}
	return request.BodyError(f.in.err)
}

// fileReader reads the file and records its own failure, because the caller gets
// the error from a writer, which may also fail by itself.
type fileReader struct {
	form *form
	part *multipart.Part
	err  error // a refusal
}

func (r *fileReader) Read(p []byte) (int, error) {
	n, err := r.part.Read(p)
	switch {
	case err == io.EOF: //nolint:errorlint // a truncated form wraps EOF
		r.form.in.inFile = false
	case err != nil:
		r.err = r.form.explain()
		err = r.err
	}
	return n, err
}

// countedReader counts the bytes outside the file and records how the body ended.
type countedReader struct {
	r        io.Reader
	inFile   bool
	envelope int64
	err      error
}

func (c *countedReader) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p)
	if !c.inFile {
		c.envelope += int64(n)
		if c.envelope > maxEnvelopeBytes {
			err = request.ErrBodyTooLarge
		}
	}
	c.err = err
	return n, err
}
