package s3store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
	"github.com/douyin-on-dapr/douyin/services/platform/s3test"
)

const mib = 1 << 20

// open returns a private store that clients can use too.
func open(t *testing.T) (*s3store.Store, *minio.Client, s3store.Config) {
	t.Helper()
	config, keys := s3test.New(t)
	config.PublicURL = strings.Replace(config.Endpoint, "127.0.0.1", "localhost", 1)
	store, err := s3store.Open(config, keys)
	if err != nil {
		t.Fatal(err)
	}
	return store, s3test.Client(t, config, keys), config
}

// noise is binary, so a store that changes bodies is noticed.
func noise(size int) []byte {
	data := make([]byte, size)
	source := rand.NewChaCha8([32]byte{1})
	if _, err := source.Read(data); err != nil {
		panic(err)
	}
	return data
}

// unfinished counts the open uploads of a bucket.
func unfinished(t *testing.T, client *minio.Client, bucket string) int {
	t.Helper()
	n := 0
	for upload := range client.ListIncompleteUploads(t.Context(), bucket, "", true) {
		if upload.Err != nil {
			t.Fatal(upload.Err)
		}
		n++
	}
	return n
}

func TestObjectsAreStoredUnchanged(t *testing.T) {
	store, client, config := open(t)
	for name, size := range map[string]int{"empty": 0, "small": 1, "one piece": 8 * mib, "pieces": 8*mib + 1, "many": 17 * mib} {
		t.Run(name, func(t *testing.T) {
			key := "videos/1/" + name
			data := noise(size)
			// Only io.Reader, as for the body of a request.
			if err := store.Put(t.Context(), key, "video/mp4", int64(size), io.MultiReader(bytes.NewReader(data))); err != nil {
				t.Fatal(err)
			}
			if got, _, err := store.Stat(t.Context(), key); err != nil || got != int64(size) {
				t.Errorf("%d bytes are there, %v", got, err)
			}
			info, err := client.StatObject(t.Context(), config.Bucket, key, minio.StatObjectOptions{})
			if err != nil || info.ContentType != "video/mp4" {
				t.Errorf("content type %q, %v", info.ContentType, err)
			}
			got, err := store.GetRange(t.Context(), key, 0, int64(size)+1)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes come back, %v", len(got), err)
			}
			if size < 100 {
				return
			}
			got, err = store.GetRange(t.Context(), key, 50, 20)
			if err != nil || !bytes.Equal(got, data[50:70]) {
				t.Errorf("a range is %x, %v", got, err)
			}
		})
	}
	if n := unfinished(t, client, config.Bucket); n != 0 {
		t.Errorf("%d uploads are left open", n)
	}
}

// Package objectstore reads these objects too.
func TestObjectStoreReadsWholeObjects(t *testing.T) {
	store, _, _ := open(t)
	objects := objectstore.New(nil, store)
	data := noise(9*mib + 5)
	m, err := objects.WriteWhole(t.Context(), "videos/1/play", "video/mp4", 2*mib, int64(len(data)), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(objects.Reader(t.Context(), m, nil))
	if err != nil || !bytes.Equal(got, data) || m.SHA256 != sha256.Sum256(data) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if err := objects.Remove(t.Context(), m.Extent()); err != nil {
		t.Fatal(err)
	}
	if _, err := objects.Part(t.Context(), m, 0); errs.ReasonOf(err) != "OBJECT_MISSING" {
		t.Errorf("after it was removed: %v", err)
	}
}

func TestAbsentObjects(t *testing.T) {
	store, _, _ := open(t)
	if _, err := store.GetRange(t.Context(), "videos/1/none", 0, 5); errs.CodeOf(err) != errs.NotFound || errs.ReasonOf(err) != "OBJECT_MISSING" {
		t.Errorf("GetRange: %v", err)
	}
	if _, _, err := store.Stat(t.Context(), "videos/1/none"); errs.ReasonOf(err) != "OBJECT_MISSING" {
		t.Errorf("Stat: %v", err)
	}
	if err := store.Delete(t.Context(), "videos/1/none"); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if err := store.Put(t.Context(), "videos/1/short", "", 3, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	if got, err := store.GetRange(t.Context(), "videos/1/short", 3, 5); err != nil || len(got) != 0 {
		t.Errorf("behind the end: %q, %v", got, err)
	}
}

// An object whose reader fails does not exist and leaves nothing.
func TestFailedPutLeavesNothing(t *testing.T) {
	store, client, config := open(t)
	broken := errors.New("the phone is gone")
	for _, size := range []int64{100, 20 * mib} {
		r := io.MultiReader(bytes.NewReader(noise(int(size/2))), iotest.ErrReader(broken))
		if err := store.Put(t.Context(), "videos/1/broken", "", size, r); !errors.Is(err, broken) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if err := store.Put(t.Context(), "videos/1/broken", "", size, bytes.NewReader(noise(int(size/2)))); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("%d bytes, cut off: %v", size, err)
		}
	}
	if _, _, err := store.Stat(t.Context(), "videos/1/broken"); errs.CodeOf(err) != errs.NotFound {
		t.Errorf("it is there: %v", err)
	}
	if n := unfinished(t, client, config.Bucket); n != 0 {
		t.Errorf("%d uploads are left open", n)
	}
}

func TestStoreThatDoesNotAnswer(t *testing.T) {
	store, err := s3store.Open(s3store.Config{Endpoint: "http://127.0.0.1:1", PublicURL: "https://cdn.example", Bucket: "b-1", Region: "r"},
		s3store.Keys{Access: "the-access", Secret: "the-secret"})
	if err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(ctx context.Context) error{
		"put":    func(ctx context.Context) error { return store.Put(ctx, "k", "", 1, strings.NewReader("a")) },
		"pieces": func(ctx context.Context) error { return store.Put(ctx, "k", "", 9*mib, bytes.NewReader(noise(9*mib))) },
		"range":  func(ctx context.Context) error { _, err := store.GetRange(ctx, "k", 0, 1); return err },
		"delete": func(ctx context.Context) error { return store.Delete(ctx, "k") },
		"stat":   func(ctx context.Context) error { _, _, err := store.Stat(ctx, "k"); return err },
		"begin":  func(ctx context.Context) error { return store.BeginMultipart(ctx, "k", "") },
		"parts":  func(ctx context.Context) error { _, err := store.UploadedParts(ctx, "k"); return err },
		"part url": func(ctx context.Context) error {
			_, err := store.PresignPart(ctx, "k", s3store.Part{Number: 1, Size: 1}, time.Minute)
			return err
		},
		"complete": func(ctx context.Context) error {
			return store.CompleteMultipart(ctx, "k", []s3store.Part{{Number: 1, ETag: "x"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := do(t.Context())
			if errs.CodeOf(err) != errs.Unavailable {
				t.Errorf("%v has the code %v", err, errs.CodeOf(err))
			}
			for _, secret := range []string{"the-access", "the-secret", "X-Amz", "http://"} {
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error holds %q: %v", secret, err)
				}
			}
		})
	}
	// Signing does not need the store.
	if u, err := store.PresignGet(t.Context(), "k", "video/mp4", time.Minute); err != nil || !strings.HasPrefix(u, "https://cdn.example/b-1/k?") {
		t.Errorf("signed %s, %v", u, err)
	}
}

// Without keys nothing is readable.
func TestBucketIsPrivate(t *testing.T) {
	store, _, config := open(t)
	if err := store.Put(t.Context(), "videos/1/play", "video/mp4", 3, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	stranger := s3test.Client(t, config, s3store.Keys{})
	denied := func(what string, err error) {
		t.Helper()
		if answer := minio.ToErrorResponse(err); answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v, status %d", what, err, answer.StatusCode)
		}
	}
	for object := range stranger.ListObjects(t.Context(), config.Bucket, minio.ListObjectsOptions{Recursive: true}) {
		denied("ListBucket", object.Err)
	}
	_, _, _, err := (&minio.Core{Client: stranger}).GetObject(t.Context(), config.Bucket, "videos/1/play", minio.GetObjectOptions{})
	denied("GetObject", err)
	_, err = stranger.PutObject(t.Context(), config.Bucket, "videos/1/play", strings.NewReader("x"), 1, minio.PutObjectOptions{})
	denied("PutObject", err)
	_, err = stranger.ListBuckets(t.Context())
	denied("ListBuckets", err)
	wrong := s3test.Client(t, config, s3store.Keys{Access: s3test.Keys(t).Access, Secret: "guessed"})
	_, err = wrong.ListBuckets(t.Context())
	denied("ListBuckets with a guessed key", err)
}
