package client

import (
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"
)

// Field is one field of a multipart form.
type Field struct {
	header textproto.MIMEHeader
	open   func() io.Reader
}

// TextField is a plain field. It can be sent any number of times.
func TextField(name, value string) Field {
	return Field{
		header: textproto.MIMEHeader{"Content-Disposition": {mime.FormatMediaType("form-data", map[string]string{"name": name})}},
		open:   func() io.Reader { return strings.NewReader(value) },
	}
}

// FileField is a field that carries a file under the client's name for it. It can
// be sent once.
func FileField(name, fileName string, body io.Reader) Field {
	return Field{header: textproto.MIMEHeader{
		"Content-Disposition": {mime.FormatMediaType("form-data", map[string]string{"name": name, "filename": fileName})},
		"Content-Type":        {"video/mp4"},
	}, open: func() io.Reader { return body }}
}

// formBody is a form that is written while it is read.
type formBody struct {
	*io.PipeReader
	written chan struct{} // closed when the writer has ended
}

// Close stops the writer and waits until it has ended.
func (b formBody) Close() error {
	err := b.PipeReader.Close()
	<-b.written
	return err
}

// Form returns a multipart form of the fields and its content type. The form is
// written while it is read; Close ends that.
func Form(fields ...Field) (body io.ReadCloser, contentType string) {
	r, w := io.Pipe()
	written := make(chan struct{})
	form := multipart.NewWriter(w)
	go func() {
		defer close(written)
		for _, f := range fields {
			part, err := form.CreatePart(f.header)
			if err == nil {
				_, err = io.Copy(part, f.open())
			}
			if err != nil {
				w.CloseWithError(err)
				return
			}
		}
		w.CloseWithError(form.Close())
	}()
	return formBody{PipeReader: r, written: written}, form.FormDataContentType()
}
