package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
	"github.com/douyin-on-dapr/douyin/services/platform/s3test"
)

// bucketWorld is the world with its objects as whole ones in a bucket of a real
// S3 server.
type bucketWorld struct {
	*world
	store  *s3store.Store
	bucket *audit.Bucket
}

func newBucketWorld(t *testing.T, d databases) *bucketWorld {
	t.Helper()
	config, keys := s3test.New(t)
	store, err := s3store.Open(config, keys)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := audit.NewBucket(strings.TrimPrefix(config.Endpoint, "http://"), config.Bucket, config.Region, keys)
	if err != nil {
		t.Fatal(err)
	}
	w := &bucketWorld{newWorld(t, d), store, bucket}
	for _, table := range []string{"videos", "uploads", "outputs", "removals"} {
		w.exec(t, "video", `UPDATE `+table+` SET layout = 1`)
	}
	whole := contents()
	delete(whole, "videos/103/1/hls/720/init") // the index says that these are in parts, see below
	delete(whole, "videos/103/1/hls/720/00000")
	delete(whole, "videos/103/1/hls/index")
	w.exec(t, "video", `UPDATE videos SET hls_key = NULL`)
	for key, content := range whole {
		w.put(t, key, string(content))
	}
	w.put(t, "videos/105/source", "left")
	w.begin(t, "videos/110/source")
	return w
}

func (w *bucketWorld) put(t *testing.T, key, content string) {
	t.Helper()
	if err := w.store.Put(t.Context(), key, "", int64(len(content)), strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

// begin begins uploads in pieces.
func (w *bucketWorld) begin(t *testing.T, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := w.store.BeginMultipart(t.Context(), key, "video/mp4"); err != nil {
			t.Fatal(err)
		}
	}
}

func testObjectsInABucket(t *testing.T, d databases) {
	w := newBucketWorld(t, d)
	o := w.onlyRows()
	o.Objects = w.bucket
	report := run(t, o)
	wantViolations(t, report)
	if report.Compared.Objects != objects-3 {
		t.Errorf("%d objects are compared", report.Compared.Objects)
	}

	w.put(t, "videos/101/source", "another..")
	// Its checksum is known only when it was processed.
	w.put(t, "videos/104/source", "video 1O4.")
	w.put(t, "videos/999/source", "nobody's")
	w.begin(t, "videos/998/source", "videos/102/source")
	report = run(t, o)
	if len(report.Violations) != 4 || !strings.HasPrefix(report.Violations[0].String(), "I8 object of video 101: expected its bytes, found objectstore.Part") {
		t.Fatalf("found %q", report.Violations)
	}
	report.Violations = report.Violations[1:]
	wantViolations(t, report,
		"I8 object videos/999/source: expected a video or an upload that has it, found none",
		"I8 unfinished object videos/102/source: expected an upload that goes on, found none",
		"I8 unfinished object videos/998/source: expected an upload that goes on, found none")
}

// Parts that the binding has stored are read from a bucket too.
func TestBucket(t *testing.T) {
	config, keys := s3test.New(t)
	bucket, err := audit.NewBucket(strings.TrimPrefix(config.Endpoint, "http://"), config.Bucket, config.Region, keys)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := bucket.List(t.Context()); err != nil || len(kept) != 0 {
		t.Errorf("an empty bucket: %v, %v", kept, err)
	}
	_, err = s3test.Client(t, config, keys).PutObject(t.Context(), config.Bucket, "a/b/000000", strings.NewReader("xyz"), 3, minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := bucket.List(t.Context())
	if err != nil || len(kept) != 1 || kept[0].Key != "a/b/000000" || time.Since(kept[0].Modified) > time.Minute {
		t.Errorf("lists %v, %v", kept, err)
	}
	if content, err := bucket.Get(t.Context(), "a/b/000000"); err != nil || string(content) != "xyz" {
		t.Errorf("content %q, %v", content, err)
	}
	for key, want := range map[string]bool{"a/b/000000": true, "a/b/000001": false} {
		if there, err := bucket.Exists(t.Context(), key); there != want || err != nil {
			t.Errorf("%s is there: %t, %v", key, there, err)
		}
	}
	for range 2 {
		core := minio.Core{Client: s3test.Client(t, config, keys)}
		if _, err := core.NewMultipartUpload(t.Context(), config.Bucket, "a/b/000000", minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	uploads, err := bucket.Unfinished(t.Context())
	if err != nil || len(uploads) != 2 || uploads[0].Upload == uploads[1].Upload || time.Since(uploads[0].Modified) > time.Minute {
		t.Fatalf("uploads %v, %v", uploads, err)
	}
	for range 2 { // what is gone is gone
		if err := bucket.Abort(t.Context(), "a/b/000000", uploads[0].Upload); err != nil {
			t.Error(err)
		}
	}
	if there, err := bucket.Exists(t.Context(), "a/b/000000"); !there || err != nil {
		t.Errorf("after an upload of it has ended: %t, %v", there, err)
	}
	for range 2 {
		if err := bucket.Remove(t.Context(), "a/b/000000"); err != nil {
			t.Error(err)
		}
	}
	if left, err := bucket.Unfinished(t.Context()); err != nil || len(left) != 1 || left[0].Upload != uploads[1].Upload {
		t.Errorf("uploads that go on: %v, %v", left, err)
	}
	if there, err := bucket.Exists(t.Context(), "a/b/000000"); there || err != nil {
		t.Errorf("after it was removed: %t, %v", there, err)
	}
	down, err := audit.NewBucket("127.0.0.1:1", "b-1", "r", keys)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := down.List(t.Context()); err == nil || time.Since(began) > time.Minute {
		t.Errorf("a store that is down: %v after %s", err, time.Since(began))
	}
}
