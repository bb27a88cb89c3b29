package media

import (
	"net/http"
	"time"
)

// stallTimeout is how long a client may take for one piece of the answer (32
// KiB). A whole video may take as long as it takes.
const stallTimeout = 30 * time.Second

// pacedWriter gives every piece a deadline of its own, and holds the status
// back until the first byte is there, so that a part that cannot be read still
// becomes a proper refusal.
type pacedWriter struct {
	http.ResponseWriter
	conn   *http.ResponseController
	status int
	sent   bool
}

func newPacedWriter(w http.ResponseWriter) *pacedWriter {
	return &pacedWriter{ResponseWriter: w, conn: http.NewResponseController(w), status: http.StatusOK}
}

// WriteHeader keeps the status for the first byte.
func (w *pacedWriter) WriteHeader(status int) { w.status = status }

// Write sends a piece.
func (w *pacedWriter) Write(p []byte) (int, error) {
	w.finish()
	// A writer without deadlines (in tests) has no slow client either.
	_ = w.conn.SetWriteDeadline(time.Now().Add(stallTimeout))
	return w.ResponseWriter.Write(p)
}

// started reports whether the status is out.
func (w *pacedWriter) started() bool { return w.sent }

// finish sends the status if no byte did.
func (w *pacedWriter) finish() {
	if !w.sent {
		w.sent = true
		w.ResponseWriter.WriteHeader(w.status)
	}
}
