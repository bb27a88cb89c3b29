//go:build e2e

package e2e

import (
	"context"
	"io"
	"net/url"
	"os"
	"testing"

	"github.com/minio/minio-go/v7"
	s3keys "github.com/minio/minio-go/v7/pkg/credentials"
)

// s3 is the bucket of a stack whose objects are in an S3 store.
type s3 struct {
	client *minio.Client
	bucket string
}

// s3Store is the S3 store of the stack under test, for whoever has the keys.
func s3Store(t testing.TB, keys *s3keys.Credentials) s3 {
	t.Helper()
	endpoint, err := url.Parse(os.Getenv("TEST_S3_ENDPOINT"))
	if err != nil {
		t.Fatal(err)
	}
	if endpoint.Host == "" {
		t.Skip("this stack has no S3 store: start it with --env s3")
	}
	client, err := minio.New(endpoint.Host, &minio.Options{Creds: keys, Region: "us-east-1", BucketLookup: minio.BucketLookupPath})
	if err != nil {
		t.Fatal(err)
	}
	return s3{client, os.Getenv("TEST_S3_BUCKET")}
}

// s3Bucket is the store as its owner sees it.
func s3Bucket(t testing.TB) s3 {
	t.Helper()
	return s3Store(t, s3keys.NewStaticV4(secret(t, "s3-access-key"), secret(t, "s3-secret-key"), ""))
}

func (b s3) list(ctx context.Context) (map[string]int64, error) {
	files := map[string]int64{}
	for object := range b.client.ListObjects(ctx, b.bucket, minio.ListObjectsOptions{Recursive: true}) {
		if object.Err != nil {
			return nil, object.Err
		}
		files[object.Key] = object.Size
	}
	return files, nil
}

func (b s3) read(ctx context.Context, key string) ([]byte, error) {
	object, err := b.client.GetObject(ctx, b.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	defer object.Close()
	return io.ReadAll(object)
}

// Nobody without keys reads the bucket: neither what is in it nor one object.
func TestBucketIsPrivate(t *testing.T) {
	stranger := s3Store(t, s3keys.NewStaticV4("", "", ""))
	p := newPhone()
	published(t, p, newAccount(t, p), "not to be listed", smallMP4(t))
	files, err := s3Bucket(t).list(t.Context())
	if err != nil || len(files) == 0 {
		t.Fatalf("the owner sees %d objects, %v", len(files), err)
	}
	listed, err := stranger.list(t.Context())
	if minio.ToErrorResponse(err).Code != "AccessDenied" {
		t.Errorf("a stranger lists %d objects, %v", len(listed), err)
	}
	for key := range files {
		if content, err := stranger.read(t.Context(), key); minio.ToErrorResponse(err).Code != "AccessDenied" {
			t.Errorf("a stranger reads %d bytes of %s, %v", len(content), key, err)
		}
		break
	}
	wrong := s3Store(t, s3keys.NewStaticV4(secret(t, "s3-access-key"), "not the secret of this store", ""))
	if listed, err := wrong.list(t.Context()); err == nil {
		t.Errorf("with a wrong secret %d objects are listed", len(listed))
	}
}
