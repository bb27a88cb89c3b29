package objectstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

func TestReaderIsAReadSeeker(t *testing.T) {
	store := objectstore.New(newMemory(), nil)
	data := noise(3*partSize + 100)
	m := write(t, store, data)
	if err := iotest.TestReader(store.Reader(t.Context(), m, nil), data); err != nil {
		t.Error(err)
	}
}

func TestReaderRefusesToSeekBeforeTheStart(t *testing.T) {
	store := objectstore.New(newMemory(), nil)
	r := store.Reader(t.Context(), write(t, store, noise(10)), nil)
	if _, err := r.Seek(-1, io.SeekStart); err == nil {
		t.Error("offset -1: no error")
	}
	if _, err := r.Seek(0, 9); err == nil {
		t.Error("whence 9: no error")
	}
}

func TestReaderUsesTheGivenPartFunc(t *testing.T) {
	blobs := newMemory()
	store := objectstore.New(blobs, nil)
	m := write(t, store, noise(2*partSize))
	asked := 0
	cache := func(ctx context.Context, m objectstore.Manifest, n int) ([]byte, error) {
		asked++
		if n == 1 {
			return nil, errDown
		}
		return store.Part(ctx, m, n)
	}
	n, err := io.Copy(io.Discard, store.Reader(t.Context(), m, cache))
	if n != partSize || !errors.Is(err, errDown) || asked != 2 {
		t.Errorf("%d bytes, %v, %d parts asked for", n, err, asked)
	}
}

// serve answers one request for the object by http.ServeContent.
func serve(t *testing.T, store *objectstore.Store, m objectstore.Manifest, ranges string) *http.Response {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v.mp4", nil)
	if ranges != "" {
		request.Header.Set("Range", ranges)
	}
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "video/mp4")
	http.ServeContent(recorder, request, "", time.Time{}, store.Reader(t.Context(), m, nil))
	return recorder.Result()
}

func TestServeContentAcrossParts(t *testing.T) {
	blobs := newMemory()
	store := objectstore.New(blobs, nil)
	data := noise(4*partSize + 7)
	m := write(t, store, data)
	size := len(data)
	tests := []struct{ first, last, parts int }{
		{0, 0, 1},
		{0, partSize - 1, 1},
		{0, partSize, 2},
		{partSize - 1, partSize, 2},
		{partSize, 2*partSize - 1, 1},
		{partSize - 1, 3 * partSize, 4},
		{size - 1, size - 1, 1},
		{size - 8, size - 1, 2},
		{0, size - 1, 5},
	}
	for _, test := range tests {
		blobs.gets = 0
		response := serve(t, store, m, fmt.Sprintf("bytes=%d-%d", test.first, test.last))
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusPartialContent || !bytes.Equal(body, data[test.first:test.last+1]) {
			t.Errorf("%d-%d: status %d, %d bytes, %v", test.first, test.last, response.StatusCode, len(body), err)
		}
		if blobs.gets != test.parts {
			t.Errorf("%d-%d: %d parts read, want %d", test.first, test.last, blobs.gets, test.parts)
		}
	}
	whole, err := io.ReadAll(serve(t, store, m, "").Body)
	if err != nil || !bytes.Equal(whole, data) {
		t.Errorf("whole: %d bytes, %v", len(whole), err)
	}
	tail, err := io.ReadAll(serve(t, store, m, "bytes=-10").Body)
	if err != nil || !bytes.Equal(tail, data[size-10:]) {
		t.Errorf("tail: %d bytes, %v", len(tail), err)
	}
	if code := serve(t, store, m, fmt.Sprintf("bytes=%d-", size)).StatusCode; code != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("behind the end: status %d", code)
	}
}

func TestServeContentOfSeveralRanges(t *testing.T) {
	store := objectstore.New(newMemory(), nil)
	data := noise(3 * partSize)
	response := serve(t, store, write(t, store, data), "bytes=2995-2999,0-4,998-1001")
	_, params, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	ranges := multipart.NewReader(response.Body, params["boundary"])
	for _, want := range [][]byte{data[2995:], data[:5], data[998:1002]} {
		part, err := ranges.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(part); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", part.Header.Get("Content-Range"), len(got), err)
		}
	}
}
