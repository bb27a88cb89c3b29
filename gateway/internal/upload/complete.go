package upload

import (
	"context"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/contract/videofile"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// directPieceSize is the size in which readers fetch a whole object from the
// store, the same as of parts that come through the sidecar.
const directPieceSize = 2 << 20

// Complete makes a video of a direct upload. It may be repeated after any
// failure. All bytes are in the store, so a client that disconnects does not stop
// it.
func (d *Direct) Complete(ctx context.Context, authorID, id int64, title string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), directTimeout)
	defer cancel()
	err := d.complete(ctx, authorID, id, title)
	if errs.ReasonOf(err) == videov1.ReasonUploadCommitted {
		return nil // by an earlier or a concurrent request
	}
	return err
}

// complete takes the steps that are left.
func (d *Direct) complete(ctx context.Context, authorID, id int64, title string) error {
	begun, err := d.find(ctx, authorID, id)
	if err != nil {
		return err
	}
	if err := d.join(ctx, begun); err != nil {
		return err
	}
	source, err := d.inspect(ctx, authorID, begun)
	if err != nil {
		return err
	}
	_, err = d.videos.CommitUpload(ctx, &videov1.CommitUploadRequest{VideoId: id, AuthorId: authorID, Title: title, Source: source})
	return err
}

// join makes one object of the parts, unless that is done already.
func (d *Direct) join(ctx context.Context, begun *videov1.BeginUploadResponse) error {
	p, err := d.progress(ctx, begun)
	switch {
	case err != nil || p.whole:
		return err
	case len(p.missing) > 0:
		return errUploadIncomplete
	}
	return d.store.CompleteMultipart(ctx, begun.GetObjectKey(), p.stored)
}

// inspect checks and describes the object that the client wrote, by the rules for
// a file in a form. It removes an object that it refuses.
func (d *Direct) inspect(ctx context.Context, authorID int64, begun *videov1.BeginUploadResponse) (*videov1.Object, error) {
	key := begun.GetObjectKey()
	size, etag, err := d.store.Stat(ctx, key)
	if errs.CodeOf(err) == errs.NotFound {
		return nil, errUploadIncomplete
	}
	if err != nil {
		return nil, err
	}
	head, err := d.store.GetRange(ctx, key, 0, min(size, videofile.HeadBytes))
	if err != nil {
		return nil, err
	}
	kind := videofile.ContentType(head)
	if kind == "" || size != begun.GetMaxSize() {
		d.abort(ctx, authorID, begun)
		return nil, errVideoFormat
	}
	sum := compose.PlaceholderSum(key, etag)
	return &videov1.Object{Key: key, Size: size, PartSize: directPieceSize, Sha256: sum[:], ContentType: kind,
		Layout: videov1.Layout_LAYOUT_WHOLE}, nil
}
