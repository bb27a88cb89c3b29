package upload

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/contract/videofile"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// ObjectWriter streams an object into the store. When it fails it has deleted
// the parts that it wrote.
type ObjectWriter interface {
	Write(ctx context.Context, key string, partSize, limit int64, r io.Reader) (objectstore.Manifest, error)
}

var _ ObjectWriter = (*objectstore.Store)(nil)

// Receiver takes videos that come as a form.
type Receiver struct {
	videos    Videos
	objects   ObjectWriter
	limits    Limits
	admission *admission
	log       *slog.Logger
}

// NewReceiver makes a receiver.
func NewReceiver(videos Videos, objects ObjectWriter, limits Limits, log *slog.Logger) *Receiver {
	return &Receiver{videos: videos, objects: objects, limits: limits, admission: newAdmission(limits), log: log}
}

// Receive stores the video of a form and commits it. It returns the id of the
// video. It authenticates the request as soon as the token has arrived.
func (rc *Receiver) Receive(r *request.Request) (videoID int64, err error) {
	up := &formUpload{Receiver: rc, r: r}
	defer up.close()
	err = up.receive()
	if err == nil {
		err = up.commit()
	}
	if err != nil && !up.abort() {
		return 0, err
	}
	return up.begun.GetVideoId(), nil
}

// formUpload is one upload by form. The parts come in any order: the phone sends
// the file before the token.
type formUpload struct {
	*Receiver
	r        *request.Request
	form     *form
	releases []func() // of acquired slots

	tempFile *os.File // holds the file if it came before the token
	size     int64    // of tempFile

	kind   string                       // content type; "" until the file came
	begun  *videov1.BeginUploadResponse // nil if there is nothing to abort
	object *videov1.Object              // nil until the file is stored
}

// acquire waits for a slot and holds it until close.
func (up *formUpload) acquire(s slots, wait time.Duration) error {
	release, err := s.acquire(up.r.Context(), wait)
	if err == nil {
		up.releases = append(up.releases, release)
	}
	return err
}

// receive reads the whole form; after it the object is stored.
func (up *formUpload) receive() error {
	if err := up.acquire(up.admission.requests, 0); err != nil {
		return err
	}
	var err error
	if up.form, err = newForm(up.r.HTTP, up.limits.MaxBytes); err != nil {
		return err
	}
	for {
		part, err := up.form.next()
		if err == io.EOF { //nolint:errorlint // a truncated form wraps EOF
			return up.finish()
		}
		if err != nil {
			return err
		}
		name := part.FormName()
		// A part with a file name is a file; the file name itself is not used.
		if name == "data" && part.FileName() != "" {
			if err := up.receiveFile(up.form.file(part)); err != nil {
				return err
			}
			continue
		}
		value, err := up.form.field(part)
		if err != nil {
			return err
		}
		up.r.Params.AddField(name, value)
	}
}

// receiveFile writes the file into the object store if the token is known by
// now, otherwise onto disk.
func (up *formUpload) receiveFile(in *fileReader) error {
	if up.kind != "" {
		return request.ErrParamDuplicate
	}
	head := make([]byte, videofile.HeadBytes)
	n, err := io.ReadFull(in, head)
	switch {
	case in.err != nil:
		return in.err
	case n == 0:
		return errVideoEmpty
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF): // a file may be shorter than the head
		return err
	}
	if up.kind = videofile.ContentType(head[:n]); up.kind == "" {
		return errVideoFormat
	}
	err = up.write(io.MultiReader(bytes.NewReader(head[:n]), in))
	if in.err != nil { // the client's failure caused that of the store
		return in.err
	}
	return err
}

// write writes the file to wherever it can go by now.
func (up *formUpload) write(file io.Reader) error {
	if raw, err := up.r.Params.Text("token"); err == nil && raw == "" {
		return up.writeTempFile(file)
	}
	if err := up.r.Authenticate(); err != nil {
		return err
	}
	return up.store(file, min(max(0, up.r.HTTP.ContentLength), up.limits.MaxBytes))
}

// writeTempFile keeps the file on disk until its token comes. The temporary file
// has no name, so it vanishes with this request, however that ends.
func (up *formUpload) writeTempFile(in io.Reader) error {
	const op = "upload.writeTempFile"
	if err := up.acquire(up.admission.tempFiles, up.limits.Wait); err != nil {
		return err
	}
	file, err := os.CreateTemp(up.limits.TempDir, "douyin-upload-*")
	if err != nil {
		return &errs.Error{Code: errs.Unavailable, Op: op, Cause: err}
	}
	up.tempFile = file
	if err := os.Remove(file.Name()); err != nil {
		return &errs.Error{Code: errs.Unavailable, Op: op, Cause: err}
	}
	up.size, err = io.Copy(file, io.LimitReader(in, up.limits.MaxBytes+1))
	if err != nil { // a full disk, or the client, whose failure the caller knows
		return &errs.Error{Code: errs.Unavailable, Op: op, Cause: err}
	}
	if up.size > up.limits.MaxBytes {
		return errVideoTooLarge
	}
	_, err = file.Seek(0, io.SeekStart)
	return errs.Wrap(op, err)
}

// store begins the upload at the video service and streams the file into the
// object store. declared is an upper bound of its size, 0 if unknown.
func (up *formUpload) store(in io.Reader, declared int64) error {
	release, err := up.admission.acquireUser(up.r.Context(), up.r.Viewer.UserID)
	if err != nil {
		return err
	}
	up.releases = append(up.releases, release)
	if err := up.acquire(up.admission.writes, up.limits.Wait); err != nil {
		return err
	}
	up.begun, err = up.videos.BeginUpload(up.r.Context(), &videov1.BeginUploadRequest{AuthorId: up.r.Viewer.UserID, DeclaredSize: declared})
	if err != nil {
		return err
	}
	ctx := up.r.Context()
	if ms := up.begun.GetExpiresAtMs(); ms > 0 { // the sweeper may delete parts that are written later
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

// finish runs at the end of the form: only now is it certain that no field
// occurs twice and that none is missing.
func (up *formUpload) finish() error {
	if err := up.r.Authenticate(); err != nil {
		return err
	}
	if up.kind == "" {
		return errVideoMissing
	}
	if _, err := Title(up.r.Params); err != nil {
		return err
	}
	if up.tempFile == nil {
		return nil
	}
	return up.store(up.tempFile, up.size)
}

// commit makes the stored object a video. All bytes have arrived, so a client
// that disconnects does not stop it.
func (up *formUpload) commit() error {
	title, err := Title(up.r.Params)
	if err != nil {
		return err
	}
	return commit(context.WithoutCancel(up.r.Context()), up.videos, &videov1.CommitUploadRequest{
		VideoId: up.begun.GetVideoId(), AuthorId: up.r.Viewer.UserID, Title: title, Source: up.object,
	})
}

// abort gives the upload up, even if the client has disconnected. It reports
// whether the upload is a video nevertheless: a commit can succeed and its answer
// be lost.
func (up *formUpload) abort() (committed bool) {
	if up.begun == nil {
		return false
	}
	ctx := context.WithoutCancel(up.r.Context())
	err := abort(ctx, up.videos, up.begun.GetVideoId(), up.r.Viewer.UserID)
	if errs.ReasonOf(err) == videov1.ReasonUploadCommitted {
		return up.object != nil
	}
	if err != nil { // the video service sweeps uploads that are never committed
		up.log.WarnContext(ctx, "upload not aborted", "video", up.begun.GetVideoId(), "error", err)
	}
	return false
}

// close releases the slots and the temporary file. The answer is not sent yet,
// but the bytes of the upload are gone or stored.
func (up *formUpload) close() {
	if up.tempFile != nil {
		_ = up.tempFile.Close() // it has no name: closing deletes it
	}
	for i := len(up.releases) - 1; i >= 0; i-- {
		up.releases[i]()
	}
}
