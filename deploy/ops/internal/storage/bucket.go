package storage

import (
	"context"
	"fmt"
	"io"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// Bucket is the object store of an environment with an S3 server: parts that the
// binding stored, and whole objects, in one bucket.
type Bucket struct {
	store  *s3store.Store
	client minio.Core
	bucket string
}

var _ Store = (*Bucket)(nil)

// maxBlob is the size of the largest part that a sidecar forwards.
const maxBlob = 16 << 20

// NewBucket returns the bucket of an S3 server at addr (host:port).
func NewBucket(addr, bucket, region string, keys s3store.Keys) (*Bucket, error) {
	store, err := s3store.Open(s3store.Config{Endpoint: "http://" + addr, Bucket: bucket, Region: region}, keys)
	if err != nil {
		return nil, err
	}
	client, err := minio.New(addr, &minio.Options{
		Creds: credentials.NewStaticV4(keys.Access, keys.Secret, ""), Region: region,
		BucketLookup: minio.BucketLookupPath, MaxRetries: 3,
	})
	if err != nil {
		return nil, err
	}
	return &Bucket{store: store, client: minio.Core{Client: client}, bucket: bucket}, nil
}

// List implements Reader.
func (b *Bucket) List(ctx context.Context) ([]Item, error) {
	var items []Item
	for object := range b.client.Client.ListObjects(ctx, b.bucket, minio.ListObjectsOptions{Recursive: true}) {
		if object.Err != nil {
			return nil, object.Err
		}
		items = append(items, Item{Key: object.Key, Modified: object.LastModified})
	}
	return items, ctx.Err()
}

// Unfinished implements Reader.
func (b *Bucket) Unfinished(ctx context.Context) ([]Item, error) {
	var open []Item
	for upload := range b.client.ListIncompleteUploads(ctx, b.bucket, "", true) {
		if upload.Err != nil {
			return nil, upload.Err
		}
		open = append(open, Item{Key: upload.Key, Upload: upload.UploadID, Modified: upload.Initiated})
	}
	return open, ctx.Err()
}

// Get implements Reader.
func (b *Bucket) Get(ctx context.Context, key string) ([]byte, error) {
	body, _, _, err := b.client.GetObject(ctx, b.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", key, err)
	}
	defer body.Close()
	return io.ReadAll(io.LimitReader(body, maxBlob))
}

// GetRange implements Reader.
func (b *Bucket) GetRange(ctx context.Context, key string, offset, length int64) ([]byte, error) {
	return b.store.GetRange(ctx, key, offset, length)
}

// Exists implements Reader.
func (b *Bucket) Exists(ctx context.Context, key string) (bool, error) {
	_, _, err := b.store.Stat(ctx, key)
	if errs.CodeOf(err) == errs.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Delete implements Deleter. Unlike s3store's Delete it does not abort multipart
// uploads of the same key.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	err := b.client.RemoveObject(ctx, b.bucket, key, minio.RemoveObjectOptions{})
	if isGone(err) {
		return nil
	}
	return err
}

// Abort implements Deleter.
func (b *Bucket) Abort(ctx context.Context, key, upload string) error {
	err := b.client.AbortMultipartUpload(ctx, b.bucket, key, upload)
	if isGone(err) {
		return nil
	}
	return err
}

func isGone(err error) bool {
	code := minio.ToErrorResponse(err).Code
	return code == minio.NoSuchKey || code == minio.NoSuchUpload
}
