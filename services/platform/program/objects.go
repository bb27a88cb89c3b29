package program

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// Objects is the store of videos and covers: objects in parts through the
// sidecar and, where an S3 store is configured, plain ones there.
func (p *Program) Objects(ctx context.Context, c s3store.Config) (*objectstore.Store, error) {
	objects, _, err := OpenObjects(ctx, p.Sidecar, c)
	return objects, err
}

// OpenObjects is Objects for a program that is put together in another way, or
// that wants the S3 store itself as well, which is nil where there is none.
func OpenObjects(ctx context.Context, sidecar *daprx.Sidecar, c s3store.Config) (*objectstore.Store, *s3store.Store, error) {
	plain, err := s3store.Connect(ctx, c, sidecar)
	if err != nil {
		return nil, nil, err
	}
	blobs := sidecar.Blobs(contract.VideoStore)
	if plain == nil { // in an interface it would not be nil
		return objectstore.New(blobs, nil), nil, nil
	}
	return objectstore.New(blobs, plain), plain, nil
}
