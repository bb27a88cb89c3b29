// Package s3test creates a private bucket on a real S3 server for each test.
package s3test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

const (
	serverVariable  = "TEST_S3_ENDPOINT"
	dataVariable    = "STACK_DATA"
	requireVariable = "REQUIRE_INFRA"
	region          = "us-east-1"
	cleanupTimeout  = 30 * time.Second
)

// New creates an empty bucket with a random name on the server TEST_S3_ENDPOINT and
// removes it when the test ends. The keys are in secrets.json of the folder
// STACK_DATA. Without the variable the test is skipped; with REQUIRE_INFRA=1 it fails
// instead, so that CI cannot pass by testing nothing.
func New(t testing.TB) (s3store.Config, s3store.Keys) {
	t.Helper()
	c := s3store.Config{Endpoint: os.Getenv(serverVariable), Bucket: "test-" + random(), Region: region}
	if !c.Enabled() {
		if os.Getenv(requireVariable) == "1" {
			t.Fatalf("%s is not set", serverVariable)
		}
		t.Skipf("%s is not set", serverVariable)
	}
	keys := Keys(t)
	client := Client(t, c, keys)
	if err := client.MakeBucket(t.Context(), c.Bucket, minio.MakeBucketOptions{Region: region}); err != nil {
		t.Fatalf("bucket: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if err := remove(ctx, client, c.Bucket); err != nil {
			t.Errorf("bucket: %v", err)
		}
	})
	return c, keys
}

// Keys returns the keys of the S3 server of the running stack.
func Keys(t testing.TB) s3store.Keys {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(os.Getenv(dataVariable), "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var secrets map[string]string
	if err := json.Unmarshal(raw, &secrets); err != nil {
		t.Fatal(err)
	}
	return s3store.Keys{Access: secrets[contract.SecretS3AccessKey], Secret: secrets[contract.SecretS3SecretKey]}
}

// Client returns an S3 client of the server, anonymous if keys is empty.
func Client(t testing.TB, c s3store.Config, keys s3store.Keys) *minio.Client {
	t.Helper()
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(keys.Access, keys.Secret, ""), Secure: u.Scheme == "https",
		Region: c.Region, BucketLookup: minio.BucketLookupPath, MaxRetries: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// remove empties and deletes a bucket.
func remove(ctx context.Context, client *minio.Client, bucket string) error {
	for upload := range client.ListIncompleteUploads(ctx, bucket, "", true) {
		if upload.Err != nil {
			return upload.Err
		}
		if err := client.RemoveIncompleteUpload(ctx, bucket, upload.Key); err != nil {
			return err
		}
	}
	for object := range client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Recursive: true}) {
		if object.Err != nil {
			return object.Err
		}
		if err := client.RemoveObject(ctx, bucket, object.Key, minio.RemoveObjectOptions{}); err != nil {
			return err
		}
	}
	return client.RemoveBucket(ctx, bucket)
}

func random() string {
	raw := make([]byte, 6)
	rand.Read(raw) // never fails; crypto/rand ends the program instead
	return hex.EncodeToString(raw)
}
