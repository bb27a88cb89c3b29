//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"
)

const (
	bigUpload   = 500 << 20 // bytes
	memoryLimit = 250 << 20 // bytes, resident, of any program an upload passes
)

// A 500 MB upload, its processing and its download pass without any program
// holding much of it. The peaks are the kernel's own.
func TestMemoryStaysBoundedDuringABigUpload(t *testing.T) {
	stack := theStack(t)
	var watched []string
	for _, app := range []string{"gateway", "video", "user", "media"} {
		watched = append(watched, slices.Concat(stack.replicas(t, app), stack.replicas(t, sidecarOf(app)))...)
	}
	if os.Getenv("TEST_S3_ENDPOINT") != "" {
		watched = append(watched, "s3")
	}
	pids := map[string]int{}
	for _, name := range watched {
		pids[name] = stack.pid(t, name)
		if err := resetPeak(pids[name]); err != nil {
			t.Fatalf("cannot measure %s: %v", name, err)
		}
	}
	report := func(what string) {
		t.Helper()
		for _, name := range watched {
			peak, err := memory(pids[name], "VmHWM")
			if err != nil {
				t.Fatalf("%s did not live through the %s: %v", name, what, err)
			}
			t.Logf("%s: %s peak RSS %.1f MiB", what, name, float64(peak)/(1<<20))
			if peak >= memoryLimit {
				t.Errorf("%s: %s reached %d MiB, limit %d", what, name, peak>>20, memoryLimit>>20)
			}
		}
	}

	p := NewPhone(baseURL(), 3*time.Minute)
	a := newAccount(t, p)
	source := newBigMovie(t, bigUpload)
	start := time.Now()
	r := must(p.Publish(t.Context(), a.Token, "half a gigabyte", source))(t)
	accepted(t, r)
	t.Logf("upload of %d MiB took %s", bigUpload>>20, time.Since(start).Round(time.Millisecond))
	report("upload")

	list := must(p.PublishList(t.Context(), a.ID, a.Token))(t)
	if len(list.Videos) != 1 {
		t.Fatalf("%d videos listed", len(list.Videos))
	}
	start = time.Now()
	becomesReady(t, p, a, r.VideoID)
	t.Logf("ready %s after the upload", time.Since(start).Round(time.Millisecond))
	report("processing")

	// What was uploaded is still behind the address it had then.
	start = time.Now()
	sum, size := fetchSum(t, list.Videos[0].PlayURL)
	t.Logf("download of %d MiB took %s", size>>20, time.Since(start).Round(time.Millisecond))
	if size != bigUpload || sum != source.sum() {
		t.Errorf("got %d bytes with another checksum than uploaded", size)
	}
	report("download")
}

// fetchSum reads an address to its end without keeping it.
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

// newBigMovie is a video that plays, with a comment box behind it that makes it
// as large as wanted.
func newBigMovie(t testing.TB, size int64) *bigMP4 {
	t.Helper()
	movie := withBox(longMP4(t), []byte(random(t)))
	start := append(movie, binary.BigEndian.AppendUint32(nil, uint32(size-int64(len(movie))))...)
	return newBig(append(start, "free"...), size)
}

// bigMP4 makes a file of any size on the fly.
type bigMP4 struct {
	src  io.Reader
	hash hash.Hash
}

// newBigMP4 looks like a video at first sight and is none: the first box of an
// MP4, then an "mdat" box full of bytes that do not compress.
func newBigMP4(size int64) *bigMP4 {
	const head = "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
	mdat := binary.BigEndian.AppendUint32(nil, uint32(size-int64(len(head))))
	return newBig([]byte(head+string(mdat)+"mdat"), size)
}

// newBig goes on after its start with bytes that do not compress.
func newBig(start []byte, size int64) *bigMP4 {
	noise := rand.NewChaCha8([32]byte{1})
	return &bigMP4{
		src:  io.MultiReader(bytes.NewReader(start), io.LimitReader(noise, size-int64(len(start)))),
		hash: sha256.New(),
	}
}

func (b *bigMP4) Read(p []byte) (int, error) {
	n, err := b.src.Read(p)
	b.hash.Write(p[:n])
	return n, err
}

// sum is the checksum of what has been read.
func (b *bigMP4) sum() [32]byte { return [32]byte(b.hash.Sum(nil)) }
