package media

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// Direct is an S3 store that clients reach themselves.
type Direct interface {
	// PresignGet is the address of an object, good for a while.
	PresignGet(ctx context.Context, key, contentType string, ttl time.Duration) (string, error)
	Stat(ctx context.Context, key string) (size int64, etag string, err error)
}

var _ Direct = (*s3store.Store)(nil)

// A client may begin to read for as long as a redirect is good. A copy of the
// redirect lives shorter, so that it never leads to an address about to end.
const (
	redirectLife = 6 * time.Hour
	redirectKept = 30 * time.Minute
)

// redirects reports whether a request is better answered by the store itself.
// Only videos are worth the way: covers and segments are small, hot, and read by
// scripts, for which the store would have to allow other origins. What the
// store does not do, or what depends on our own ETag, is left to us, and so are
// scripts that ask for a video: a browser would refuse them the store's answer.
func (h *Handler) redirects(r *http.Request, m objectstore.Manifest) bool {
	if !h.inDirect(m) || r.Method != http.MethodGet || strings.Contains(r.Header.Get("Range"), ",") || r.Header.Get("Origin") != "" {
		return false
	}
	for _, condition := range []string{"If-Match", "If-None-Match", "If-Range"} {
		if strings.Contains(r.Header.Get(condition), etag(m)) {
			return false
		}
	}
	return true
}

// inDirect reports whether clients can read an object in the store itself.
func (h *Handler) inDirect(m objectstore.Manifest) bool {
	return h.direct != nil && m.Layout == objectstore.LayoutWhole
}

func (h *Handler) redirect(w http.ResponseWriter, r *http.Request, m stored) error {
	address, err := h.direct.PresignGet(r.Context(), m.Key, contentType(m.ContentType), redirectLife)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", m.cacheControl(fmt.Sprintf("public, max-age=%d", int(redirectKept.Seconds()))))
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusFound)
	return nil
}
