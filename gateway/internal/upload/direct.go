package upload

import (
	"context"
	"log/slog"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// ErrDirectUnavailable refuses direct uploads where clients cannot reach the
// object store.
var ErrDirectUnavailable = errs.New(errs.Conflict, "DIRECT_UPLOAD_UNAVAILABLE", "direct uploads are not available here")

// directTimeout bounds the calls of one request to the store and the services.
const directTimeout = 2 * time.Minute

// DirectParts takes an object from a client, part by part.
type DirectParts interface {
	// BeginMultipart opens an upload under a key, or keeps the open one.
	BeginMultipart(ctx context.Context, key, contentType string) error
	// PresignParts returns the addresses at which the client may PUT parts of
	// exactly these sizes.
	PresignParts(ctx context.Context, key string, parts []s3store.Part, ttl time.Duration) ([]string, error)
	// UploadedParts is NotFound when no upload is open under the key.
	UploadedParts(ctx context.Context, key string) ([]s3store.Part, error)
	// CompleteMultipart makes an object of the parts and ends the upload. It
	// succeeds if the upload was completed before.
	CompleteMultipart(ctx context.Context, key string, parts []s3store.Part) error
}

// DirectStore is an S3 store that clients can reach.
type DirectStore interface {
	DirectParts
	// Stat is NotFound when there is no object under the key.
	Stat(ctx context.Context, key string) (size int64, etag string, err error)
	GetRange(ctx context.Context, key string, offset, length int64) ([]byte, error)
	// Delete removes the object and the open upload under its key.
	Delete(ctx context.Context, key string) error
}

var _ DirectStore = (*s3store.Store)(nil)

// Direct lets clients write videos straight into the store. It keeps no state:
// the video service knows the open uploads and the store knows their parts, so a
// client may continue after a crash on either side, through any gateway.
type Direct struct {
	videos   Videos
	store    DirectStore
	maxBytes int64
	clock    func() time.Time
	log      *slog.Logger
}

// NewDirect returns a Direct for videos of at most maxBytes.
func NewDirect(videos Videos, store DirectStore, maxBytes int64, clock func() time.Time, log *slog.Logger) *Direct {
	return &Direct{videos: videos, store: store, maxBytes: maxBytes, clock: clock, log: log}
}

// find returns the open direct upload of an author.
func (d *Direct) find(ctx context.Context, authorID, id int64) (*videov1.BeginUploadResponse, error) {
	found, err := d.videos.GetUpload(ctx, &videov1.GetUploadRequest{VideoId: id, AuthorId: authorID})
	if err == nil && !found.GetDirect() {
		err = errUploadUnknown // it comes as a form
	}
	return found.GetUpload(), err
}

// abort gives an upload up and deletes its bytes. The video service sweeps the
// remains when the upload expires.
func (d *Direct) abort(ctx context.Context, authorID int64, begun *videov1.BeginUploadResponse) {
	ctx = context.WithoutCancel(ctx)
	if err := abort(ctx, d.videos, begun.GetVideoId(), authorID); err != nil {
		d.log.WarnContext(ctx, "direct upload not aborted", "video", begun.GetVideoId(), "error", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, abortTimeout)
	defer cancel()
	d.DeleteBytes(ctx, begun)
}

// DeleteBytes removes the parts and the object of an aborted upload. A failure is
// logged; the video service sweeps the remains.
func (d *Direct) DeleteBytes(ctx context.Context, begun *videov1.BeginUploadResponse) {
	if err := d.store.Delete(ctx, begun.GetObjectKey()); err != nil {
		d.log.WarnContext(ctx, "aborted upload left in the store", "video", begun.GetVideoId(), "error", err)
	}
}
