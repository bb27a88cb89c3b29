package upload

import (
	"context"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// maxURLLife limits how long the address of a part is valid, because an address
// may leak. The client can always ask for fresh ones.
const maxURLLife = time.Hour

// Invitation tells a client what is left to upload.
type Invitation struct {
	VideoID   int64         `json:"video_id"`
	PartSize  int64         `json:"part_size"`  // bytes, of every part but the last
	ExpiresAt int64         `json:"expires_at"` // Unix milliseconds; complete before that
	Parts     []MissingPart `json:"parts"`
}

// Begin opens a direct upload of size bytes.
func (d *Direct) Begin(ctx context.Context, authorID, size int64) (Invitation, error) {
	switch {
	case size == 0:
		return Invitation{}, errVideoEmpty
	case size > d.maxBytes:
		return Invitation{}, errVideoTooLarge
	}
	ctx, cancel := context.WithTimeout(ctx, directTimeout)
	defer cancel()
	begun, err := d.videos.BeginUpload(ctx, &videov1.BeginUploadRequest{AuthorId: authorID, DeclaredSize: size, Direct: true})
	if err != nil {
		return Invitation{}, err
	}
	if err = d.open(ctx, begun); err == nil {
		var in Invitation
		if in, err = d.invite(ctx, begun, layOut(begun)); err == nil {
			return in, nil
		}
	}
	d.abort(ctx, authorID, begun) // the client does not know its id
	return Invitation{}, err
}

// Resume returns the rest of an upload: the missing parts with fresh addresses,
// none if it is a video already.
func (d *Direct) Resume(ctx context.Context, authorID, id int64) (Invitation, error) {
	ctx, cancel := context.WithTimeout(ctx, directTimeout)
	defer cancel()
	begun, err := d.find(ctx, authorID, id)
	if errs.ReasonOf(err) == videov1.ReasonUploadCommitted {
		return Invitation{VideoID: id, Parts: []MissingPart{}}, nil
	}
	if err != nil {
		return Invitation{}, err
	}
	p, err := d.progress(ctx, begun)
	if err == nil && !p.open && !p.whole { // the gateway that began it died before it opened it
		err = d.open(ctx, begun)
	}
	if err != nil {
		return Invitation{}, err
	}
	return d.invite(ctx, begun, p.missing)
}

// open makes the store accept parts. The content type is unknown until the first
// bytes have arrived.
func (d *Direct) open(ctx context.Context, begun *videov1.BeginUploadResponse) error {
	return d.store.BeginMultipart(ctx, begun.GetObjectKey(), "application/octet-stream")
}

// invite adds the addresses of the missing parts.
func (d *Direct) invite(ctx context.Context, begun *videov1.BeginUploadResponse, missing []MissingPart) (Invitation, error) {
	life := min(time.UnixMilli(begun.GetExpiresAtMs()).Sub(d.clock()), maxURLLife).Truncate(time.Second)
	if life <= 0 {
		return Invitation{}, errUploadUnknown
	}
	in := Invitation{VideoID: begun.GetVideoId(), PartSize: begun.GetPartSize(), ExpiresAt: begun.GetExpiresAtMs(), Parts: []MissingPart{}}
	if len(missing) == 0 {
		return in, nil
	}
	parts := make([]s3store.Part, len(missing))
	for i, part := range missing {
		parts[i] = s3store.Part{Number: part.Number, Size: part.Size}
	}
	urls, err := d.store.PresignParts(ctx, begun.GetObjectKey(), parts, life)
	if err != nil {
		return Invitation{}, err
	}
	for i := range missing {
		missing[i].URL = urls[i]
	}
	in.Parts = missing
	return in, nil
}
