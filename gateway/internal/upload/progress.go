package upload

import (
	"context"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// progress is what the store has of an upload.
type progress struct {
	open    bool           // it accepts parts
	stored  []s3store.Part // of the open upload
	missing []MissingPart
	whole   bool // it is an object already; no part is missing then
}

// progress compares the stored parts with those that the upload needs.
func (d *Direct) progress(ctx context.Context, begun *videov1.BeginUploadResponse) (progress, error) {
	p := progress{open: true}
	var err error
	p.stored, err = d.store.UploadedParts(ctx, begun.GetObjectKey())
	if errs.CodeOf(err) == errs.NotFound {
		p.open, err = false, nil
	}
	if err != nil {
		return p, err
	}
	p.missing = missingParts(layOut(begun), p.stored)
	if len(p.missing) == 0 {
		return p, nil
	}
	// A gateway may have completed it and died before the commit.
	_, _, err = d.store.Stat(ctx, begun.GetObjectKey())
	if errs.CodeOf(err) == errs.NotFound {
		return p, nil
	}
	if err == nil {
		p.whole, p.missing = true, nil
	}
	return p, err
}

// UploadedBytes returns how many bytes of an upload the store has.
func (d *Direct) UploadedBytes(ctx context.Context, begun *videov1.BeginUploadResponse) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, directTimeout)
	defer cancel()
	p, err := d.progress(ctx, begun)
	size := begun.GetMaxSize()
	for _, part := range p.missing {
		size -= part.Size
	}
	return size, err
}
