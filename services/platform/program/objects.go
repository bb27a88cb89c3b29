package program

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// Objects returns the store of videos and covers. Objects in parts go through
// the sidecar; where an S3 store is configured, whole objects go there.
func (p *Program) Objects(ctx context.Context, c s3store.Config) (*objectstore.Store, error) {
	objects, _, err := OpenObjects(ctx, p.Sidecar, c)
	return objects, err
}

// OpenObjects is Objects for callers that have no Program or that also need the
// S3 store, which is nil where none is configured.
func OpenObjects(ctx context.Context, sidecar *daprx.Sidecar, c s3store.Config) (*objectstore.Store, *s3store.Store, error) {
	whole, err := s3store.Connect(ctx, c, sidecar)
	if err != nil {
		return nil, nil, err
	}
	blobs := sidecar.Blobs(contract.VideoStore)
	if whole == nil { // a nil *s3store.Store in an interface would not be nil
		return objectstore.New(blobs, nil), nil, nil
	}
	return objectstore.New(blobs, whole), whole, nil
}
