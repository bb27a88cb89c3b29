package load_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/load"
)

// source repeats one request and wants one body.
type source struct{ want []byte }

func (source) Next() []byte { return get("/") }

func (s source) Check(body []byte) error {
	if !bytes.Equal(body, s.want) {
		return errors.New("another body")
	}
	return nil
}

func sources(n int, want string) []load.Source {
	return slices.Repeat([]load.Source{source{[]byte(want)}}, n)
}

func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestClosedCountsCorrectAnswers(t *testing.T) {
	var served, done atomic.Int64
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		io.WriteString(w, "ok")
	})
	warm := false
	r := load.Closed(t.Context(), load.Options{
		Addr: addr, Sources: sources(4, "ok"), Timeout: patience,
		Warmup: 50 * time.Millisecond, Duration: 200 * time.Millisecond, Done: &done, Warm: func() { warm = true },
	})
	if r.Requests == 0 || r.Failed() != 0 || !warm {
		t.Fatalf("%+v, warm %v", r, warm)
	}
	if done.Load() != served.Load() {
		t.Errorf("%d requests counted, %d served", done.Load(), served.Load())
	}
	if r.Requests >= done.Load() || r.Latency.Count() >= done.Load() {
		t.Errorf("%d requests recorded of %d: the warm-up counts", r.Requests, done.Load())
	}
	if want := float64(r.Requests) / 0.2; r.Rate != want {
		t.Errorf("rate %v, want %v", r.Rate, want)
	}
}

func TestErrorsAreCountedByKind(t *testing.T) {
	var n atomic.Int64
	release := make(chan struct{})
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) % 4 {
		case 0:
			io.WriteString(w, "bad")
		case 1:
			w.WriteHeader(http.StatusBadGateway)
		case 2:
			<-release
		case 3:
			panic(http.ErrAbortHandler)
		}
	})
	defer close(release)
	r := load.Closed(t.Context(), load.Options{
		Addr: addr, Sources: sources(1, "ok"), Timeout: 20 * time.Millisecond, Duration: 500 * time.Millisecond,
	})
	for _, kind := range []string{load.KindAnswer, load.KindStatus, load.KindTimeout, load.KindTransport} {
		if r.Errors[kind] == 0 {
			t.Errorf("no error of kind %s in %v", kind, r.Errors)
		}
	}
	if r.Requests != 0 || r.Latency.Count() != 0 {
		t.Errorf("%d wrong answers count as correct", r.Requests)
	}
	if len(r.Examples) != 4 {
		t.Errorf("examples %q", r.Examples)
	}
}

// A server that stalls once is charged for the requests that could not be sent
// meanwhile: latency counts from the intended time.
func TestOpenChargesForAStall(t *testing.T) {
	var n atomic.Int64
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) == 20 {
			<-time.After(200 * time.Millisecond)
		}
		io.WriteString(w, "ok")
	})
	r := load.Open(t.Context(), load.Options{Addr: addr, Sources: sources(1, "ok"), Timeout: patience, Duration: time.Second}, 200)
	if r.Requests != 200 || r.Failed() != 0 {
		t.Fatalf("%d requests, %v", r.Requests, r.Errors)
	}
	// 40 requests were due in the 200 ms.
	if got := r.Latency.Quantile(0.9); got < 50*time.Millisecond {
		t.Errorf("90%% within %v: the stall counts once only", got)
	}
	if got := r.Behind.Quantile(0.9); got < 50*time.Millisecond {
		t.Errorf("90%% were sent at most %v late", got)
	}
}

func TestIntendedTimesAreEven(t *testing.T) {
	for n, want := range map[int64]time.Duration{0: 0, 1: 4 * time.Millisecond, 250: time.Second, 1000: 4 * time.Second} {
		if got := load.Intended(n, 250); got != want {
			t.Errorf("request %d at %v, want %v", n, got, want)
		}
	}
}
