package httpapi

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var (
	errUploadMalformed = errs.New(errs.Invalid, "UPLOAD_MALFORMED", "the upload is malformed or incomplete")
	errVideoTooLarge   = errs.New(errs.Invalid, "VIDEO_TOO_LARGE", "the video is too large")
)

const (
	// maxEnvelopeBytes is all of a form but the file: fields, headers of parts,
	// boundaries, and what may stand before and after.
	maxEnvelopeBytes = 2 * maxFormBytes
	readAhead        = 64 << 10
)

// uploadForm reads a multipart body part by part and keeps count, so that
// neither its size nor the size of its headers can fill the memory.
type uploadForm struct {
	parts *multipart.Reader
	in    countedReader
	seen  int
}

// newUploadForm refuses at once what announces itself as too large or is no
// form.
func newUploadForm(r *http.Request, maxFile int64) (*uploadForm, error) {
	if r.ContentLength > maxFile+maxEnvelopeBytes {
		return nil, errVideoTooLarge
	}
	kind, details, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || details["boundary"] == "" {
		return nil, errUploadMalformed
	}
	f := &uploadForm{in: countedReader{r: bufio.NewReaderSize(r.Body, readAhead)}}
	f.parts = multipart.NewReader(&f.in, details["boundary"])
	return f, nil
}

// next is the next part, or io.EOF after the closing boundary.
func (f *uploadForm) next() (*multipart.Part, error) {
	if f.seen++; f.seen > maxFields {
		return nil, errUploadMalformed
	}
	part, err := f.parts.NextPart()
	if err != nil && err != io.EOF { // not errors.Is: a form that breaks off wraps EOF
		return nil, f.explain()
	}
	return part, err
}

// field reads a part that is no file.
func (f *uploadForm) field(part *multipart.Part) (string, error) {
	value, err := io.ReadAll(io.LimitReader(part, maxFormBytes+1))
	if err != nil {
		return "", f.explain()
	}
	if len(value) > maxFormBytes {
		return "", errBodyTooLarge
	}
	return string(value), nil
}

// file reads the part that holds the file; its bytes do not count as envelope.
func (f *uploadForm) file(part *multipart.Part) *fileReader {
	f.in.inFile = true
	return &fileReader{form: f, part: part}
}

// explain turns a failed read into a refusal. The text of the error is not
// kept: it may quote the body, and the body may hold the token.
func (f *uploadForm) explain() error {
	if f.in.err == nil || errors.Is(f.in.err, io.EOF) {
		return errUploadMalformed
	}
	return bodyError(f.in.err)
}

// fileReader reads a file and remembers whether reading it failed, because the
// error comes back through writers that have failures of their own.
type fileReader struct {
	form *uploadForm
	part *multipart.Part
	err  error // a refusal; nil while all is well
}

func (r *fileReader) Read(p []byte) (int, error) {
	n, err := r.part.Read(p)
	switch {
	case err == io.EOF: //nolint:errorlint // a form that breaks off wraps EOF
		r.form.in.inFile = false
	case err != nil:
		r.err = r.form.explain()
		err = r.err
	}
	return n, err
}

// countedReader counts what is no file and remembers how the body ended.
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
			err = errBodyTooLarge
		}
	}
	c.err = err
	return n, err
}
