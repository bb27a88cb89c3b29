package httpapi

import (
	"context"
	"log/slog"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

var (
	errDirectUnavailable = errs.New(errs.Conflict, "DIRECT_UPLOAD_UNAVAILABLE", "direct uploads are not available here")
	errUploadIncomplete  = errs.New(errs.Conflict, "UPLOAD_INCOMPLETE", "parts of the video are still missing")
	errUploadUnknown     = errs.New(errs.NotFound, reasonUploadUnknown, "there is no such upload")
)

const (
	// directTimeout bounds what one request does with the store and the services.
	directTimeout = 2 * time.Minute

	// maxPutLife is how long a client may take to begin with one part: an address
	// that leaks should not be good for long. It can always ask for fresh ones.
	maxPutLife = time.Hour

	// directPiece is in which pieces a video is read that lies in the store as it
	// is, as parts through the sidecar are.
	directPiece = 2 << 20
)

// DirectParts takes an object from a client, part by part.
type DirectParts interface {
	// BeginMultipart opens an upload under a key, or keeps the one that is open.
	BeginMultipart(ctx context.Context, key, contentType string) error
	// PresignParts are the addresses at which the client may PUT parts, of these
	// sizes and no others.
	PresignParts(ctx context.Context, key string, parts []s3store.Part, ttl time.Duration) ([]string, error)
	// UploadedParts is NotFound when no upload is open under the key.
	UploadedParts(ctx context.Context, key string) ([]s3store.Part, error)
	// CompleteMultipart makes an object of the parts and ends the upload. One
	// that was completed before is success.
	CompleteMultipart(ctx context.Context, key string, parts []s3store.Part) error
}

// DirectStore is an S3 store that clients reach themselves.
type DirectStore interface {
	DirectParts
	// Stat is NotFound when there is no object under the key.
	Stat(ctx context.Context, key string) (size int64, etag string, err error)
	GetRange(ctx context.Context, key string, offset, length int64) ([]byte, error)
	// Delete removes the object, and what is open under its key.
	Delete(ctx context.Context, key string) error
}

var _ DirectStore = (*s3store.Store)(nil)

// Direct lets clients write videos straight into the store. It keeps nothing:
// what was begun is known to the video service, and what has come to the store,
// so that a client may go on after any crash on either side, through any
// gateway.
type Direct struct {
	videos   UploadVideos
	store    DirectStore
	maxBytes int64
	clock    func() time.Time
	log      *slog.Logger
}

// NewDirect makes one for videos of at most maxBytes.
func NewDirect(videos UploadVideos, store DirectStore, maxBytes int64, clock func() time.Time, log *slog.Logger) *Direct {
	return &Direct{videos: videos, store: store, maxBytes: maxBytes, clock: clock, log: log}
}

// missingPart is one that the client still has to PUT.
type missingPart struct {
	Number int    `json:"number"` // from 1
	Size   int64  `json:"size"`   // bytes, exactly
	URL    string `json:"url"`
}

type begunReply struct {
	status
	VideoID   int64         `json:"video_id"`
	PartSize  int64         `json:"part_size"`  // bytes, of every part but the last
	ExpiresAt int64         `json:"expires_at"` // Unix milliseconds; complete before that
	Parts     []missingPart `json:"parts"`
}

func emptyBegun() reply { return &begunReply{Parts: []missingPart{}} }

// publishBegin opens a direct upload of size bytes, or goes on with that of
// video_id: it lists the parts that are missing, with fresh addresses.
func (a *api) publishBegin(x *exchange) (reply, error) {
	if a.Direct == nil {
		return nil, errDirectUnavailable
	}
	id, err := x.params.id("video_id")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(x.ctx, directTimeout)
	defer cancel()
	if id != 0 {
		return a.Direct.resume(ctx, x.viewer.UserID, id)
	}
	if _, err := x.params.required("size"); err != nil {
		return nil, err
	}
	size, err := x.params.id("size")
	if err != nil {
		return nil, err
	}
	return a.Direct.begin(ctx, x.viewer.UserID, size)
}

func (d *Direct) begin(ctx context.Context, authorID, size int64) (reply, error) {
	switch {
	case size == 0:
		return nil, errVideoEmpty
	case size > d.maxBytes:
		return nil, errVideoTooLarge
	}
	begun, err := d.videos.BeginUpload(ctx, &videov1.BeginUploadRequest{AuthorId: authorID, DeclaredSize: size, Direct: true})
	if err != nil {
		return nil, err
	}
	if err = d.open(ctx, begun); err == nil {
		var answer reply
		if answer, err = d.invite(ctx, begun, layOut(begun)); err == nil {
			return answer, nil
		}
	}
	d.abort(ctx, authorID, begun) // nobody knows of it
	return nil, err
}

// open makes the store ready for parts. What the object is shows in its first
// bytes, which are not here yet.
func (d *Direct) open(ctx context.Context, begun *videov1.BeginUploadResponse) error {
	return d.store.BeginMultipart(ctx, begun.GetObjectKey(), "application/octet-stream")
}

// resume answers what is still to be done of an upload; nothing, where it is a
// video already.
func (d *Direct) resume(ctx context.Context, authorID, id int64) (reply, error) {
	begun, err := d.find(ctx, authorID, id)
	if errs.ReasonOf(err) == reasonUploadCommitted {
		return &begunReply{VideoID: id, Parts: []missingPart{}}, nil
	}
	if err != nil {
		return nil, err
	}
	there, err := d.progress(ctx, begun)
	if err == nil && !there.open && !there.whole { // whoever began it got no further
		err = d.open(ctx, begun)
	}
	if err != nil {
		return nil, err
	}
	return d.invite(ctx, begun, there.missing)
}

// find is the open direct upload of an author.
func (d *Direct) find(ctx context.Context, authorID, id int64) (*videov1.BeginUploadResponse, error) {
	found, err := d.videos.GetUpload(ctx, &videov1.GetUploadRequest{VideoId: id, AuthorId: authorID})
	if err == nil && !found.GetDirect() {
		err = errUploadUnknown // a form is sending it
	}
	return found.GetUpload(), err
}

// inStore is what the store has of an upload.
type inStore struct {
	open    bool           // it takes parts
	parts   []s3store.Part // of the open upload
	missing []missingPart
	whole   bool // it is an object already; nothing is missing then
}

// progress compares what the store has with what it is to have.
func (d *Direct) progress(ctx context.Context, begun *videov1.BeginUploadResponse) (inStore, error) {
	there := inStore{open: true}
	var err error
	there.parts, err = d.store.UploadedParts(ctx, begun.GetObjectKey())
	if errs.CodeOf(err) == errs.NotFound {
		there.open, err = false, nil
	}
	if err != nil {
		return there, err
	}
	there.missing = stillMissing(layOut(begun), there.parts)
	if len(there.missing) == 0 {
		return there, nil
	}
	// Who completed it may have died before the commit.
	_, _, err = d.store.Stat(ctx, begun.GetObjectKey())
	if errs.CodeOf(err) == errs.NotFound {
		return there, nil
	}
	if err == nil {
		there.whole, there.missing = true, nil
	}
	return there, err
}

// uploaded is how many bytes of an upload are in the store.
func (d *Direct) uploaded(ctx context.Context, begun *videov1.BeginUploadResponse) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, directTimeout)
	defer cancel()
	there, err := d.progress(ctx, begun)
	size := begun.GetMaxSize()
	for _, part := range there.missing {
		size -= part.Size
	}
	return size, err
}

// invite adds the addresses of the missing parts.
func (d *Direct) invite(ctx context.Context, begun *videov1.BeginUploadResponse, missing []missingPart) (reply, error) {
	life := min(time.UnixMilli(begun.GetExpiresAtMs()).Sub(d.clock()), maxPutLife).Truncate(time.Second)
	if life <= 0 {
		return nil, errUploadUnknown
	}
	answer := &begunReply{VideoID: begun.GetVideoId(), PartSize: begun.GetPartSize(),
		ExpiresAt: begun.GetExpiresAtMs(), Parts: []missingPart{}}
	if len(missing) == 0 {
		return answer, nil
	}
	parts := make([]s3store.Part, len(missing))
	for i, part := range missing {
		parts[i] = s3store.Part{Number: part.Number, Size: part.Size}
	}
	urls, err := d.store.PresignParts(ctx, begun.GetObjectKey(), parts, life)
	if err != nil {
		return nil, err
	}
	for i := range missing {
		missing[i].URL = urls[i]
	}
	answer.Parts = missing
	return answer, nil
}

// layOut is all parts of an upload. How large they are was settled when it was
// begun.
func layOut(begun *videov1.BeginUploadResponse) []missingPart {
	size, partSize := begun.GetMaxSize(), begun.GetPartSize()
	if partSize <= 0 {
		partSize = size
	}
	parts := make([]missingPart, 0, (size+partSize-1)/partSize)
	for at := int64(0); at < size; at += partSize {
		parts = append(parts, missingPart{Number: len(parts) + 1, Size: min(partSize, size-at)})
	}
	return parts
}

// stillMissing are the parts that are not there in their right size.
func stillMissing(all []missingPart, there []s3store.Part) []missingPart {
	sizes := make(map[int]int64, len(there))
	for _, part := range there {
		sizes[part.Number] = part.Size
	}
	missing := make([]missingPart, 0, len(all))
	for _, part := range all {
		if size, ok := sizes[part.Number]; !ok || size != part.Size {
			missing = append(missing, part)
		}
	}
	return missing
}
