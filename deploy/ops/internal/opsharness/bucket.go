package opsharness

import (
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
	"github.com/douyin-on-dapr/douyin/services/platform/s3test"
)

// BucketData is Data with its objects as whole objects in a bucket of a real S3
// server.
type BucketData struct {
	*Data
	Bucket *storage.Bucket

	store *s3store.Store
}

// BucketObjects is how many objects the rows of BucketData name.
const BucketObjects = Objects - 3

// NewBucketData fills the databases and a new bucket.
func NewBucketData(t testing.TB, d Databases) *BucketData {
	t.Helper()
	config, keys := s3test.New(t)
	store, err := s3store.Open(config, keys)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := storage.NewBucket(strings.TrimPrefix(config.Endpoint, "http://"), config.Bucket, config.Region, keys)
	if err != nil {
		t.Fatal(err)
	}
	b := &BucketData{NewData(t, d), bucket, store}
	for _, table := range []string{"videos", "uploads", "outputs", "removals"} {
		b.Exec(t, "video", `UPDATE `+table+` SET layout = 1`)
	}
	whole := contents()
	// The index says that its segments are stored in parts.
	delete(whole, "videos/103/1/hls/720/init")
	delete(whole, "videos/103/1/hls/720/00000")
	delete(whole, "videos/103/1/hls/index")
	b.Exec(t, "video", `UPDATE videos SET hls_key = NULL`)
	for key, content := range whole {
		b.Put(t, key, string(content))
	}
	b.Put(t, "videos/105/source", "left")
	b.Begin(t, "videos/110/source")
	return b
}

// Put stores a whole object.
func (b *BucketData) Put(t testing.TB, key, content string) {
	t.Helper()
	if err := b.store.Put(t.Context(), key, "", int64(len(content)), strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

// Begin begins multipart uploads.
func (b *BucketData) Begin(t testing.TB, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := b.store.BeginMultipart(t.Context(), key, "video/mp4"); err != nil {
			t.Fatal(err)
		}
	}
}

// Unfinished are the keys of the multipart uploads, in order.
func (b *BucketData) Unfinished(t testing.TB) []string {
	t.Helper()
	uploads, err := b.Bucket.Unfinished(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, u := range uploads {
		keys = append(keys, u.Key)
	}
	slices.Sort(keys)
	return keys
}
