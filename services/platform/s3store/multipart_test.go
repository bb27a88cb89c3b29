package s3store_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// request sends a request as any client can and returns the status and body of the
// answer.
func request(t *testing.T, method, url string, body []byte) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, text
}

func put(t *testing.T, store *s3store.Store, key string, number int, data []byte) {
	t.Helper()
	url, err := store.PresignPart(t.Context(), key, s3store.Part{Number: number, Size: int64(len(data))}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if answer, text := request(t, http.MethodPut, url, data); answer.StatusCode != http.StatusOK {
		t.Fatalf("part %d: %s %s", number, answer.Status, text)
	}
}

const key = "videos/7/source"

func TestClientsUploadByURL(t *testing.T) {
	store, client, config := open(t)
	if _, err := store.UploadedParts(t.Context(), key); errs.CodeOf(err) != errs.NotFound {
		t.Errorf("before it is begun: %v", err)
	}
	for range 2 { // the second call changes nothing
		if err := store.BeginMultipart(t.Context(), key, "video/mp4"); err != nil {
			t.Fatal(err)
		}
	}
	// Another key with the same prefix has its own upload.
	if err := store.BeginMultipart(t.Context(), key+"-2", ""); err != nil {
		t.Fatal(err)
	}
	data := noise(11 * mib)
	put(t, store, key, 3, data[10*mib:])
	put(t, store, key, 1, noise(5*mib)) // of an earlier attempt
	put(t, store, key, 1, data[:5*mib])
	parts, err := store.UploadedParts(t.Context(), key)
	if err != nil || len(parts) != 2 || parts[0].Number != 1 || parts[0].Size != 5*mib || parts[1].Number != 3 || parts[1].ETag == "" {
		t.Fatalf("parts %+v, %v", parts, err)
	}
	if _, _, err := store.Stat(t.Context(), key); errs.CodeOf(err) != errs.NotFound {
		t.Errorf("before it is complete: %v", err)
	}
	if err := store.BeginMultipart(t.Context(), key, "video/mp4"); err != nil {
		t.Fatal(err)
	}
	put(t, store, key, 2, data[5*mib:10*mib])
	if parts, err = store.UploadedParts(t.Context(), key); err != nil || len(parts) != 3 {
		t.Fatalf("parts %+v, %v", parts, err)
	}
	for range 2 { // the second call succeeds too
		if err := store.CompleteMultipart(t.Context(), key, parts); err != nil {
			t.Fatal(err)
		}
	}
	got, err := store.GetRange(t.Context(), key, 0, int64(len(data)))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes come back, %v", len(got), err)
	}
	info, err := client.StatObject(t.Context(), config.Bucket, key, minio.StatObjectOptions{})
	if err != nil || info.ContentType != "video/mp4" {
		t.Errorf("content type %q, %v", info.ContentType, err)
	}
	if n := unfinished(t, client, config.Bucket); n != 1 {
		t.Errorf("%d uploads are open, the neighbour's is one", n)
	}
}

// A URL is for one size, otherwise anybody could fill the store.
func TestPartURLsAllowOneSize(t *testing.T) {
	store, _, _ := open(t)
	if err := store.BeginMultipart(t.Context(), key, ""); err != nil {
		t.Fatal(err)
	}
	url, err := store.PresignPart(t.Context(), key, s3store.Part{Number: 1, Size: 1000}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	// The bodies fit into the buffers of a connection: the store refuses before it
	// reads, and a client that is still writing may see the connection close first.
	for _, size := range []int{1001, 999, 16 << 10} {
		if answer, text := request(t, http.MethodPut, url, noise(size)); answer.StatusCode != http.StatusForbidden {
			t.Errorf("%d bytes: %s %s", size, answer.Status, text)
		}
	}
	// A body of undeclared length does not get around it.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, io.MultiReader(bytes.NewReader(noise(2000))))
	if err != nil {
		t.Fatal(err)
	}
	chunked, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := chunked.Body.Close(); err != nil || chunked.StatusCode < http.StatusBadRequest {
		t.Errorf("without a length: %s, %v", chunked.Status, err)
	}
	if parts, err := store.UploadedParts(t.Context(), key); err != nil || len(parts) != 0 {
		t.Errorf("the store has %+v, %v", parts, err)
	}
	if answer, text := request(t, http.MethodPut, url, noise(1000)); answer.StatusCode != http.StatusOK {
		t.Errorf("the right size: %s %s", answer.Status, text)
	}
}

func TestPartsThatChangedAreRefused(t *testing.T) {
	store, _, _ := open(t)
	if err := store.BeginMultipart(t.Context(), key, ""); err != nil {
		t.Fatal(err)
	}
	put(t, store, key, 1, noise(5*mib))
	seen, err := store.UploadedParts(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, key, 1, noise(6*mib))
	if err := store.CompleteMultipart(t.Context(), key, seen); errs.CodeOf(err) != errs.Conflict {
		t.Errorf("a part was replaced: %v", err)
	}
	put(t, store, key, 1, []byte("small"))
	put(t, store, key, 2, []byte("last"))
	small, err := store.UploadedParts(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CompleteMultipart(t.Context(), key, small); errs.CodeOf(err) != errs.Invalid {
		t.Errorf("a part is too small: %v", err)
	}
}

// Deleting ends uploads and invalidates their URLs.
func TestDeleteEndsUploads(t *testing.T) {
	store, client, config := open(t)
	if err := store.BeginMultipart(t.Context(), key, ""); err != nil {
		t.Fatal(err)
	}
	late, err := store.PresignPart(t.Context(), key, s3store.Part{Number: 2, Size: 1}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, key, 1, noise(5*mib))
	if err := store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if n := unfinished(t, client, config.Bucket); n != 0 {
		t.Errorf("%d uploads are open", n)
	}
	if answer, _ := request(t, http.MethodPut, late, []byte("x")); answer.StatusCode != http.StatusNotFound {
		t.Errorf("a late part: %s", answer.Status)
	}
	if err := store.CompleteMultipart(t.Context(), key, []s3store.Part{{Number: 1, ETag: "x"}}); errs.CodeOf(err) != errs.NotFound {
		t.Errorf("complete: %v", err)
	}
}

func TestClientsReadByURL(t *testing.T) {
	store, _, config := open(t)
	if !store.Public() {
		t.Error("it has a public address")
	}
	data := noise(1000)
	if err := store.Put(t.Context(), "videos/1/play", "application/octet-stream", 1000, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	url, err := store.PresignGet(t.Context(), "videos/1/play", "video/mp4", time.Minute)
	if err != nil || !strings.HasPrefix(url, config.PublicURL+"/") {
		t.Fatalf("signed %s, %v", url, err)
	}
	answer, got := request(t, http.MethodGet, url, nil)
	if answer.StatusCode != http.StatusOK || !bytes.Equal(got, data) || answer.Header.Get("Content-Type") != "video/mp4" {
		t.Errorf("%s, %d bytes of %s", answer.Status, len(got), answer.Header.Get("Content-Type"))
	}
	if answer, _ := request(t, http.MethodGet, strings.Replace(url, "play", "plax", 1), nil); answer.StatusCode != http.StatusForbidden {
		t.Errorf("another object: %s", answer.Status)
	}
	if answer, _ := request(t, http.MethodPut, url, []byte("x")); answer.StatusCode != http.StatusForbidden {
		t.Errorf("writing: %s", answer.Status)
	}
}

func TestNothingIsPresignedWithoutAPublicAddress(t *testing.T) {
	store, err := s3store.Open(s3store.Config{Endpoint: "http://127.0.0.1:1", Bucket: "b-1", Region: "r"}, s3store.Keys{Access: "a", Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if store.Public() {
		t.Error("it is public")
	}
	if _, err := store.PresignGet(t.Context(), "k", "", time.Minute); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("signed: %v", err)
	}
}
