package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var (
	errVideoMissing = errs.New(errs.Invalid, "VIDEO_MISSING", "there is no video in the request")
	errVideoEmpty   = errs.New(errs.Invalid, "VIDEO_EMPTY", "the video is empty")
	errVideoFormat  = errs.New(errs.Invalid, "VIDEO_FORMAT", "this is not a video format we know")
	errTitleInvalid = errs.New(errs.Invalid, "TITLE_INVALID", "the title must have 1 to 128 characters")
)

// abortTimeout bounds the cleaning up after a failed upload.
const abortTimeout = 10 * time.Second

// upload is one publish request. Its parts come in any order: the phone sends
// the file before the token.
type upload struct {
	*Uploads
	x      *exchange
	form   *uploadForm
	params params
	who    token.Identity
	given  []func() // places to give back

	spool *os.File // the file, where it came before the token
	size  int64    // of the spool

	kind   string                       // content type; "" until the file came
	begun  *videov1.BeginUploadResponse // nil when there is nothing to abort
	object *videov1.Object              // nil until the file is stored
}

// publish stores a video. It answers when the video is in its author's list;
// it comes into the feed when it has been processed.
func (a *api) publish(x *exchange) (reply, error) {
	up := &upload{Uploads: a.Uploads, x: x, params: params{query: parsePairs(x.c.Request.URL.RawQuery), form: values{}}}
	defer up.close()
	err := up.receive()
	if err == nil {
		err = up.commit()
	}
	if err != nil && !up.abort() {
		return nil, err
	}
	return &publishedReply{VideoID: up.begun.GetVideoId()}, nil
}

// receive takes the whole form; after it the object is stored.
func (up *upload) receive() error {
	give, err := up.doors.take(up.x.ctx, 0)
	if err != nil {
		return err
	}
	up.given = append(up.given, give)
	if up.form, err = newUploadForm(up.x.c.Request, up.limits.MaxBytes); err != nil {
		return err
	}
	for {
		part, err := up.form.next()
		if err == io.EOF { //nolint:errorlint // a form that breaks off wraps EOF
			return up.finish()
		}
		if err != nil {
			return err
		}
		name := part.FormName()
		// A file is what has a file name; the name itself is not used.
		if name == "data" && part.FileName() != "" {
			if err := up.file(up.form.file(part)); err != nil {
				return err
			}
			continue
		}
		value, err := up.form.field(part)
		if err != nil {
			return err
		}
		up.params.form[name] = append(up.params.form[name], value)
	}
}

// file takes the file: into the object store when the token is known by now,
// else onto disk.
func (up *upload) file(in *fileReader) error {
	if up.kind != "" {
		return errParamDuplicate
	}
	head := make([]byte, sniffBytes)
	n, err := io.ReadFull(in, head)
	switch {
	case in.err != nil:
		return in.err
	case n == 0:
		return errVideoEmpty
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF): // shorter than the head is no fault
		return err
	}
	if up.kind = sniff(head[:n]); up.kind == "" {
		return errVideoFormat
	}
	err = up.place(io.MultiReader(bytes.NewReader(head[:n]), in))
	if in.err != nil { // what the client did explains what the store says
		return in.err
	}
	return err
}

// place puts the file where it can go by now.
func (up *upload) place(whole io.Reader) error {
	if raw, err := up.params.text("token"); err == nil && raw == "" {
		return up.keep(whole)
	}
	if err := up.authenticate(); err != nil {
		return err
	}
	return up.store(whole, min(max(0, up.x.c.Request.ContentLength), up.limits.MaxBytes))
}

// authenticate leaves the identity as it is when it fails: an upload can be
// given up only in the name of who began it.
func (up *upload) authenticate() error {
	who, err := up.x.authenticate(up.params)
	if err != nil {
		return err
	}
	up.who, up.x.viewer = who, who
	return nil
}

// keep writes the file to disk until its token comes. The file has no name, so
// it vanishes with this request, however that ends.
func (up *upload) keep(in io.Reader) error {
	const op = "httpapi.keep"
	give, err := up.spools.take(up.x.ctx, up.limits.Wait)
	if err != nil {
		return err
	}
	up.given = append(up.given, give)
	file, err := os.CreateTemp(up.limits.TempDir, "douyin-upload-*")
	if err != nil {
		return &errs.Error{Code: errs.Unavailable, Op: op, Cause: err}
	}
	up.spool = file
	if err := os.Remove(file.Name()); err != nil {
		return &errs.Error{Code: errs.Unavailable, Op: op, Cause: err}
	}
	up.size, err = io.Copy(file, io.LimitReader(in, up.limits.MaxBytes+1))
	if err != nil { // a full disk, or the client, whose fault the caller knows
		return &errs.Error{Code: errs.Unavailable, Op: op, Cause: err}
	}
	if up.size > up.limits.MaxBytes {
		return errVideoTooLarge
	}
	_, err = file.Seek(0, io.SeekStart)
	return errs.Wrap(op, err)
}

// store begins the upload with the video service and streams the file into the
// object store. declared is an upper bound of its size, 0 if there is none.
func (up *upload) store(in io.Reader, declared int64) error {
	give, err := up.takeOf(up.x.ctx, up.who.UserID)
	if err != nil {
		return err
	}
	up.given = append(up.given, give)
	if give, err = up.turns.take(up.x.ctx, up.limits.Wait); err != nil {
		return err
	}
	up.given = append(up.given, give)
	if up.begun, err = up.videos.BeginUpload(up.x.ctx, &videov1.BeginUploadRequest{AuthorId: up.who.UserID, DeclaredSize: declared}); err != nil {
		return err
	}
	ctx := up.x.ctx
	if ms := up.begun.GetExpiresAtMs(); ms > 0 { // what is written later may be swept with the rest
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, time.UnixMilli(ms))
		defer cancel()
	}
	limit := min(up.begun.GetMaxSize(), up.limits.MaxBytes)
	m, err := up.objects.Write(ctx, up.begun.GetObjectKey(), up.begun.GetPartSize(), limit, in)
	if err != nil {
		return err
	}
	up.object = &videov1.Object{Key: m.Key, Size: m.Size, PartSize: m.PartSize, Sha256: m.SHA256[:], ContentType: up.kind}
	return nil
}

// finish runs at the end of the form: only now it is known that no field is
// named twice and that nothing is missing.
func (up *upload) finish() error {
	if err := up.authenticate(); err != nil {
		return err
	}
	if up.kind == "" {
		return errVideoMissing
	}
	if _, err := up.params.title(); err != nil {
		return err
	}
	if up.spool == nil {
		return nil
	}
	return up.store(up.spool, up.size)
}

// commit makes the stored object a video. All of it is here by now, so a client
// that leaves does not stop it.
func (up *upload) commit() error {
	title, err := up.params.title()
	if err != nil {
		return err
	}
	return commit(context.WithoutCancel(up.x.ctx), up.videos, &videov1.CommitUploadRequest{
		VideoId: up.begun.GetVideoId(), AuthorId: up.who.UserID, Title: title, Source: up.object,
	})
}

// commit repeats a commit whose outcome is unknown: committing twice is harmless.
func commit(ctx context.Context, videos UploadVideos, in *videov1.CommitUploadRequest) error {
	_, err := videos.CommitUpload(ctx, in)
	if isUnknown(err) {
		_, err = videos.CommitUpload(ctx, in)
	}
	return err
}

// title is that of a video. How long it may be is the video service's rule.
func (p params) title() (string, error) {
	title, err := p.text("title")
	if err != nil || strings.TrimSpace(title) == "" {
		return "", errTitleInvalid
	}
	return title, nil
}

func isUnknown(err error) bool {
	code := errs.CodeOf(err)
	return err != nil && (code == errs.Unavailable || code == errs.Timeout)
}

// abort gives up what was begun, whether or not the client is still there. It
// reports whether the upload is a video all the same: a commit can succeed and
// its answer be lost.
func (up *upload) abort() (committed bool) {
	if up.begun == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(up.x.ctx), abortTimeout)
	defer cancel()
	_, err := up.videos.AbortUpload(ctx, &videov1.AbortUploadRequest{VideoId: up.begun.GetVideoId(), AuthorId: up.who.UserID})
	if errs.ReasonOf(err) == reasonUploadCommitted {
		return up.object != nil
	}
	if err != nil { // what is never committed is swept
		up.log.WarnContext(ctx, "upload not aborted", "video", up.begun.GetVideoId(), "error", err)
	}
	return false
}

// close gives back what the upload held. The answer is not sent yet, but all
// bytes are dealt with.
func (up *upload) close() {
	if up.spool != nil {
		_ = up.spool.Close() // it has no name: closing deletes it
	}
	for i := len(up.given) - 1; i >= 0; i-- {
		up.given[i]()
	}
}
