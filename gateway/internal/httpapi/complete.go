package httpapi

import (
	"context"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// publishComplete makes a video of a direct upload. It may be repeated, whatever
// became of the time before.
func (a *api) publishComplete(x *exchange) (reply, error) {
	id, err := x.params.requiredID("video_id")
	if err != nil {
		return nil, err
	}
	title, err := x.params.title()
	if err != nil {
		return nil, err
	}
	if a.Direct == nil {
		return nil, errDirectUnavailable
	}
	// All bytes are there: a client that leaves now does not stop it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.ctx), directTimeout)
	defer cancel()
	if err := a.Direct.complete(ctx, x.viewer.UserID, id, title); err != nil {
		return nil, err
	}
	return &publishedReply{VideoID: id}, nil
}

// complete goes through the steps that are left.
func (d *Direct) complete(ctx context.Context, authorID, id int64, title string) error {
	begun, err := d.find(ctx, authorID, id)
	if err == nil {
		err = d.join(ctx, begun)
	}
	var source *videov1.Object
	if err == nil {
		source, err = d.inspect(ctx, authorID, begun)
	}
	if err == nil {
		err = commit(ctx, d.videos, &videov1.CommitUploadRequest{VideoId: id, AuthorId: authorID, Title: title, Source: source})
	}
	if errs.ReasonOf(err) == reasonUploadCommitted {
		return nil // by the request before, or by one beside this
	}
	return err
}

// join makes one object of the parts, if that is left to do.
func (d *Direct) join(ctx context.Context, begun *videov1.BeginUploadResponse) error {
	there, err := d.progress(ctx, begun)
	switch {
	case err != nil || there.whole:
		return err
	case len(there.missing) > 0:
		return errUploadIncomplete
	}
	return d.store.CompleteMultipart(ctx, begun.GetObjectKey(), there.parts)
}

// inspect looks at what the client wrote, as at what it sends in a form, and
// describes it. What is refused is removed.
func (d *Direct) inspect(ctx context.Context, authorID int64, begun *videov1.BeginUploadResponse) (*videov1.Object, error) {
	key := begun.GetObjectKey()
	size, etag, err := d.store.Stat(ctx, key)
	if errs.CodeOf(err) == errs.NotFound {
		return nil, errUploadIncomplete
	}
	if err != nil {
		return nil, err
	}
	head, err := d.store.GetRange(ctx, key, 0, min(size, sniffBytes))
	if err != nil {
		return nil, err
	}
	kind := sniff(head)
	if kind == "" || size != begun.GetMaxSize() {
		d.abort(ctx, authorID, begun)
		return nil, errVideoFormat
	}
	sum := compose.StandIn(key, etag)
	return &videov1.Object{Key: key, Size: size, PartSize: directPiece, Sha256: sum[:], ContentType: kind,
		Layout: videov1.Layout_LAYOUT_WHOLE}, nil
}

// abort gives an upload up, with what the store has of it. What stays behind is
// swept when the upload expires.
func (d *Direct) abort(ctx context.Context, authorID int64, begun *videov1.BeginUploadResponse) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	if _, err := d.videos.AbortUpload(ctx, &videov1.AbortUploadRequest{VideoId: begun.GetVideoId(), AuthorId: authorID}); err != nil {
		d.log.WarnContext(ctx, "direct upload not aborted", "video", begun.GetVideoId(), "error", err)
		return
	}
	d.drop(ctx, begun)
}

// drop removes what the store has of an aborted upload.
func (d *Direct) drop(ctx context.Context, begun *videov1.BeginUploadResponse) {
	if err := d.store.Delete(ctx, begun.GetObjectKey()); err != nil {
		d.log.WarnContext(ctx, "aborted upload left in the store", "video", begun.GetVideoId(), "error", err)
	}
}
