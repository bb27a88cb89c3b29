//go:build e2e

package e2etest

import (
	"context"
	"io"
	"net/url"
	"os"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// HasS3 reports whether the stack keeps its objects in an S3 store.
func HasS3() bool { return os.Getenv("TEST_S3_ENDPOINT") != "" }

// NeedS3 skips the test on a stack without an S3 store.
func NeedS3(t testing.TB) {
	t.Helper()
	if !HasS3() {
		t.Skip("this stack has no S3 store: start it with --env s3")
	}
}

// S3 is the bucket of a stack with an S3 store.
type S3 struct {
	client *minio.Client
	bucket string
}

// S3As returns the bucket as a client with other keys sees it.
func S3As(t testing.TB, accessKey, secretKey string) S3 {
	t.Helper()
	NeedS3(t)
	endpoint, err := url.Parse(os.Getenv("TEST_S3_ENDPOINT"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		t.Fatal(err)
	}
	return S3{client, os.Getenv("TEST_S3_BUCKET")}
}

// S3Bucket returns the bucket as the programs see it.
func S3Bucket(t testing.TB) S3 {
	t.Helper()
	return S3As(t, Secret(t, "s3-access-key"), Secret(t, "s3-secret-key"))
}

// List returns the keys of all objects with their sizes.
func (b S3) List(ctx context.Context) (map[string]int64, error) {
	sizes := map[string]int64{}
	for object := range b.client.ListObjects(ctx, b.bucket, minio.ListObjectsOptions{Recursive: true}) {
		if object.Err != nil {
			return nil, object.Err
		}
		sizes[object.Key] = object.Size
	}
	return sizes, nil
}

// Read returns the bytes of an object.
func (b S3) Read(ctx context.Context, key string) ([]byte, error) {
	object, err := b.client.GetObject(ctx, b.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	defer object.Close()
	return io.ReadAll(object)
}
