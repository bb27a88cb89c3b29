//go:build e2e

package e2e

import (
	"crypto/sha256"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

const (
	bigUpload   = 500 << 20 // bytes
	memoryLimit = 250 << 20 // resident bytes of each process an upload passes through
)

// No process holds much of a 500 MiB upload during upload, processing and download.
// The kernel measures the peaks.
func TestMemoryStaysBoundedDuringABigUpload(t *testing.T) {
	stack := e2etest.TheStack(t)
	var watched []string
	for _, app := range []string{"gateway", "video", "user", "media"} {
		watched = append(watched, slices.Concat(stack.Replicas(t, app), stack.Replicas(t, e2etest.Sidecar(app)))...)
	}
	if e2etest.HasS3() {
		watched = append(watched, "s3")
	}
	pids := map[string]int{}
	for _, name := range watched {
		pids[name] = stack.PID(t, name)
		if err := resetPeak(pids[name]); err != nil {
			t.Fatalf("cannot measure %s: %v", name, err)
		}
	}
	report := func(what string) {
		t.Helper()
		for _, name := range watched {
			peak, err := memory(pids[name], "VmHWM")
			if err != nil {
				t.Fatalf("%s did not survive the %s: %v", name, what, err)
			}
			t.Logf("%s: %s peak RSS %.1f MiB", what, name, float64(peak)/(1<<20))
			if peak >= memoryLimit {
				t.Errorf("%s: %s reached %d MiB, limit %d", what, name, peak>>20, memoryLimit>>20)
			}
		}
	}

	p := e2etest.PhoneFor(e2etest.BaseURL(), 3*time.Minute)
	a := e2etest.NewAccount(t, p)
	source := e2etest.NewBigVideo(t, bigUpload)
	start := time.Now()
	r := e2etest.Must(p.Publish(t.Context(), a.Token, "half a gigabyte", source))(t)
	e2etest.Accepted(t, r)
	t.Logf("upload of %d MiB took %s", bigUpload>>20, time.Since(start).Round(time.Millisecond))
	report("upload")

	list := e2etest.Must(p.PublishList(t.Context(), a.ID, a.Token, client.Page{}))(t)
	if len(list.Videos) != 1 {
		t.Fatalf("%d videos listed", len(list.Videos))
	}
	start = time.Now()
	e2etest.WaitReady(t, p, a, r.VideoID)
	t.Logf("ready %s after the upload", time.Since(start).Round(time.Millisecond))
	report("processing")

	// The address from before the processing still has the uploaded file.
	start = time.Now()
	sum, size := fetchSum(t, list.Videos[0].PlayURL)
	t.Logf("download of %d MiB took %s", size>>20, time.Since(start).Round(time.Millisecond))
	if size != bigUpload || sum != source.Sum() {
		t.Errorf("downloaded %d bytes, not those that were uploaded", size)
	}
	report("download")
}

// fetchSum downloads an address without storing the body.
func fetchSum(t *testing.T, address string) (sum [32]byte, size int64) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	h := sha256.New()
	if size, err = io.Copy(h, res.Body); err != nil {
		t.Fatal(err)
	}
	return [32]byte(h.Sum(nil)), size
}
