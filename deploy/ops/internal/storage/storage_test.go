package storage_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
	"github.com/douyin-on-dapr/douyin/services/platform/s3test"
)

func TestBucket(t *testing.T) {
	config, keys := s3test.New(t)
	bucket, err := storage.NewBucket(strings.TrimPrefix(config.Endpoint, "http://"), config.Bucket, config.Region, keys)
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
		if exists, err := bucket.Exists(t.Context(), key); exists != want || err != nil {
			t.Errorf("%s exists: %t, %v", key, exists, err)
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
	for range 2 { // an absent one is success
		if err := bucket.Abort(t.Context(), "a/b/000000", uploads[0].Upload); err != nil {
			t.Error(err)
		}
	}
	if exists, err := bucket.Exists(t.Context(), "a/b/000000"); !exists || err != nil {
		t.Errorf("after an upload was aborted: %t, %v", exists, err)
	}
	for range 2 {
		if err := bucket.Delete(t.Context(), "a/b/000000"); err != nil {
			t.Error(err)
		}
	}
	if left, err := bucket.Unfinished(t.Context()); err != nil || len(left) != 1 || left[0].Upload != uploads[1].Upload {
		t.Errorf("unfinished uploads: %v, %v", left, err)
	}
	if exists, err := bucket.Exists(t.Context(), "a/b/000000"); exists || err != nil {
		t.Errorf("after it was deleted: %t, %v", exists, err)
	}
	down, err := storage.NewBucket("127.0.0.1:1", "b-1", "r", keys)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := down.List(t.Context()); err == nil || time.Since(start) > time.Minute {
		t.Errorf("a store that is down: %v after %s", err, time.Since(start))
	}
}

func TestFolder(t *testing.T) {
	folder := storage.Folder(t.TempDir() + "/objects")
	if kept, err := folder.List(t.Context()); err != nil || len(kept) != 0 {
		t.Errorf("an absent folder: %v, %v", kept, err)
	}
	if err := os.MkdirAll(string(folder)+"/a/b", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(string(folder)+"/a/b/000000", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, err := folder.List(t.Context())
	if err != nil || len(kept) != 1 || kept[0].Key != "a/b/000000" || time.Since(kept[0].Modified) > time.Minute {
		t.Errorf("lists %v, %v", kept, err)
	}
	content, err := folder.Get(t.Context(), "a/b/000000")
	if err != nil || string(content) != "x" {
		t.Errorf("content %q, %v", content, err)
	}
	for key, want := range map[string]bool{"a/b/000000": true, "a/b/000001": false} {
		if exists, err := folder.Exists(t.Context(), key); exists != want || err != nil {
			t.Errorf("%s exists: %t, %v", key, exists, err)
		}
	}
	for range 2 { // an absent one is success
		if err := folder.Delete(t.Context(), "a/b/000000"); err != nil {
			t.Error(err)
		}
	}
	if exists, err := folder.Exists(t.Context(), "a/b/000000"); exists || err != nil {
		t.Errorf("after it was deleted: %t, %v", exists, err)
	}
}
