package s3store

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// A store may copy a whole video before it reports that the parts are joined, so
// joining may take longer than other calls.
func TestJoiningMayTakeLongerThanOtherCalls(t *testing.T) {
	begun, joined := make(chan struct{}, 9), make(chan struct{})
	var joins atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `<ListMultipartUploadsResult><Upload><Key>k</Key><UploadId>u</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload></ListMultipartUploadsResult>`
		switch r.Method {
		case http.MethodHead: // never answered
			<-r.Context().Done()
			return
		case http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
			return
		case http.MethodPost:
			joins.Add(1)
			begun <- struct{}{}
			<-joined
			answer = `<CompleteMultipartUploadResult><Bucket>b-1</Bucket><Key>k</Key><ETag>e</ETag></CompleteMultipartUploadResult>`
		}
		w.Header().Set("Content-Type", "application/xml")
		if _, err := io.WriteString(w, answer); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	store, err := open(Config{Endpoint: server.URL, Bucket: "b-1", Region: "r"}, Keys{Access: "a", Secret: "s"}, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	completed := make(chan error, 1)
	go func() { completed <- store.CompleteMultipart(t.Context(), "k", []Part{{Number: 1, ETag: "x"}}) }()
	<-begun
	if _, _, err := store.Stat(t.Context(), "k"); err == nil { // times out before the join
		t.Error("Stat was answered")
	}
	close(joined)
	if err := <-completed; err != nil || joins.Load() != 1 {
		t.Errorf("%v after %d joins", err, joins.Load())
	}
}
