package audit_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/audit"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
	"github.com/douyin-on-dapr/douyin/services/platform/s3test"
)

// The world with its objects as whole ones in a bucket of a real S3 server.
func testObjectsInABucket(t *testing.T, d databases) {
	config, keys := s3test.New(t)
	client := s3test.Client(t, config, keys)
	w := newWorld(t, d)
	put := func(key string, content []byte) {
		t.Helper()
		if _, err := client.PutObject(t.Context(), config.Bucket, key, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"videos", "uploads", "outputs", "removals"} {
		w.exec(t, "video", `UPDATE `+table+` SET layout = 1`)
	}
	whole := contents()
	delete(whole, "videos/103/1/hls/720/init") // the index says that these are in parts, see below
	delete(whole, "videos/103/1/hls/720/00000")
	delete(whole, "videos/103/1/hls/index")
	w.exec(t, "video", `UPDATE videos SET hls_key = NULL`)
	for key, content := range whole {
		put(key, content)
	}
	put("videos/105/source", []byte("left"))
	store, err := s3store.Open(config, keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.BeginMultipart(t.Context(), "videos/110/source", "video/mp4"); err != nil {
		t.Fatal(err)
	}
	bucket, err := audit.NewBucket(strings.TrimPrefix(config.Endpoint, "http://"), config.Bucket, config.Region, keys)
	if err != nil {
		t.Fatal(err)
	}
	o := w.onlyRows()
	o.Objects = bucket
	report := run(t, o)
	wantViolations(t, report)
	if report.Compared.Objects != objects-3 {
		t.Errorf("%d objects are compared", report.Compared.Objects)
	}

	put("videos/101/source", []byte("another.."))
	// Its checksum is known only when it was processed.
	put("videos/104/source", []byte("video 1O4."))
	put("videos/999/source", []byte("nobody's"))
	for _, key := range []string{"videos/998/source", "videos/102/source"} {
		if err := store.BeginMultipart(t.Context(), key, ""); err != nil {
			t.Fatal(err)
		}
	}
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
	if keys, err := bucket.Keys(t.Context()); err != nil || len(keys) != 0 {
		t.Errorf("an empty bucket: %q, %v", keys, err)
	}
	_, err = s3test.Client(t, config, keys).PutObject(t.Context(), config.Bucket, "a/b/000000", strings.NewReader("xyz"), 3, minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := bucket.Keys(t.Context()); err != nil || len(keys) != 1 || keys[0] != "a/b/000000" {
		t.Errorf("keys %q, %v", keys, err)
	}
	if content, err := bucket.Get(t.Context(), "a/b/000000"); err != nil || string(content) != "xyz" {
		t.Errorf("content %q, %v", content, err)
	}
	for key, want := range map[string]bool{"a/b/000000": true, "a/b/000001": false} {
		if there, err := bucket.Exists(t.Context(), key); there != want || err != nil {
			t.Errorf("%s is there: %t, %v", key, there, err)
		}
	}
	down, err := audit.NewBucket("127.0.0.1:1", "b-1", "r", keys)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := down.Keys(t.Context()); err == nil || time.Since(began) > time.Minute {
		t.Errorf("a store that is down: %v after %s", err, time.Since(began))
	}
}
