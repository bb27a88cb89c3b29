// Package media serves the bytes of videos, covers and renditions, in whole or
// in ranges, from the parts in which the object store keeps them. The content
// behind an address never changes: its revision is part of the address.
package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// Prefix is where the addresses of this package begin.
const Prefix = "/media/"

// maxRanges in one request; more are answered with the whole object, which the
// protocol allows. Each range may cost the loading of a part.
const maxRanges = 8

// Objects is the object store as this package reads it.
type Objects interface {
	Part(ctx context.Context, m objectstore.Manifest, n int) ([]byte, error)
	Reader(ctx context.Context, m objectstore.Manifest, parts func(context.Context, objectstore.Manifest, int) ([]byte, error)) io.ReadSeeker
}

var _ Objects = (*objectstore.Store)(nil)

// Options of a Handler.
type Options struct {
	Videos     Videos
	Objects    Objects
	Direct     Direct // nil: clients cannot reach the object store themselves
	Log        *slog.Logger
	CacheBytes int64 // of parts kept in memory
	Streams    int   // answers at a time; each may hold a part of its own
}

// Handler serves GET, HEAD and OPTIONS below Prefix.
type Handler struct {
	manifests *manifests
	parts     *parts
	indexes   *indexes
	direct    Direct
	objects   Objects
	log       *slog.Logger
	pictures  map[string]picture
	streams   chan struct{}
}

// New makes a Handler. Close ends it.
func New(o Options) (*Handler, error) {
	pictures, err := loadPictures()
	if err != nil {
		return nil, err
	}
	manifests, err := newManifests(o.Videos, o.Direct)
	if err != nil {
		return nil, err
	}
	parts, err := newParts(o.Objects, o.CacheBytes)
	if err != nil {
		return nil, err
	}
	indexes, err := newIndexes(parts)
	if err != nil {
		return nil, err
	}
	return &Handler{manifests: manifests, parts: parts, indexes: indexes, direct: o.Direct, objects: o.Objects, log: o.Log,
		pictures: pictures, streams: make(chan struct{}, o.Streams)}, nil
}

// Close ends the goroutines of the copies.
func (h *Handler) Close() { h.manifests.close() }

// address is every path that can exist, apart from the default pictures and
// what begins as hlsAddress.
var address = regexp.MustCompile(`^/media/(videos|covers)/([1-9][0-9]{0,15})/([0-9a-f]{16})\.(mp4|jpg)$`)

// ServeHTTP answers with the HTTP status that players and browsers understand.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// These bytes came from users; nobody shall take them for a page or a script.
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if allowOrigins(w, r) {
		return
	}
	if name, ok := strings.CutPrefix(r.URL.Path, Prefix+"defaults/"); ok {
		h.serveDefault(w, r, name)
		return
	}
	if asked, ok := parseHLS(r.URL.Path); ok {
		h.serveHLS(w, r, asked)
		return
	}
	asked, err := parse(r.URL.Path)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	h.answer(w, r, asked, func(found stored) error {
		if asked.kind != movie || !h.inDirect(found.Manifest) {
			return h.stream(w, r, found)
		}
		w.Header().Set("Vary", "Origin") // see redirects
		if h.redirects(r, found.Manifest) {
			return h.redirect(w, r, found)
		}
		return h.stream(w, r, found)
	})
}

// answer lets send do it with the object of a name, or refuses with the error of
// send, which has sent nothing then. Where the bytes are gone, the manifest that
// was kept may be that of a video since deleted or made anew: it is asked for
// once more.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, name objectName, send func(stored) error) {
	found, err := h.manifests.get(r.Context(), name)
	if err == nil {
		err = send(found)
	}
	if errs.ReasonOf(err) == reasonGone {
		now, changed := h.manifests.again(r.Context(), name)
		switch {
		case changed != nil:
			err = changed
		case now.Key != found.Key:
			err = send(now)
		}
	}
	if err != nil {
		h.refuse(w, r, err)
	}
}

// allowOrigins lets scripts of other pages read: players on the web fetch
// playlists and segments. It answers their question whether they may.
func allowOrigins(w http.ResponseWriter, r *http.Request) (answered bool) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, ETag")
	if r.Method != http.MethodOptions {
		return false
	}
	header.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	header.Set("Access-Control-Allow-Headers", "Range, If-Match, If-None-Match, If-Range")
	header.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// stream serves an object while there is a place for one more.
func (h *Handler) stream(w http.ResponseWriter, r *http.Request, m stored) error {
	select {
	case h.streams <- struct{}{}:
		defer func() { <-h.streams }()
	default:
		return errs.New(errs.Exhausted, "STREAMS_TOO_MANY", "too many downloads at once")
	}
	return h.serve(w, r, m)
}

// parse reads an address; what cannot exist is not found.
func parse(path string) (objectName, error) {
	m := address.FindStringSubmatch(path)
	if m == nil || (m[1] == "videos") != (m[4] == "mp4") {
		return objectName{}, errMissing
	}
	id, err := strconv.ParseInt(m[2], 10, 64)
	if err != nil {
		return objectName{}, errMissing
	}
	name := objectName{videoID: id, revision: m[3], kind: movie}
	if m[1] == "covers" {
		name.kind = cover
	}
	return name, nil
}

func etag(m objectstore.Manifest) string { return fmt.Sprintf("\"%x\"", m.SHA256) }

// serve sends an object, in the ranges that are asked for. When it returns an
// error nothing is sent.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, m stored) error {
	header := w.Header()
	header.Set("Content-Type", contentType(m.ContentType))
	header.Set("ETag", etag(m.Manifest))
	header.Set("Cache-Control", m.cacheControl(immutable))
	if strings.Count(r.Header.Get("Range"), ",") >= maxRanges {
		r.Header.Del("Range")
	}
	source := &watched{ReadSeeker: h.objects.Reader(r.Context(), m.Manifest, h.parts.get)}
	out := newPacedWriter(w)
	http.ServeContent(out, r, "", time.Time{}, source)
	err := source.fault()
	if err == nil || r.Context().Err() != nil {
		out.finish()
		return nil //nolint:nilerr // who asked has left
	}
	if out.started() {
		// Too late for another status: the length that was announced is not
		// reached, and the player asks again for the rest.
		h.log.ErrorContext(r.Context(), "object broke off while being served", "key", m.Key, "error", err)
		return nil
	}
	for _, name := range []string{"Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Cache-Control"} {
		header.Del(name)
	}
	return err
}

// refuse answers without the object. Only what is not a plain "not found" is
// worth a log line.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusInternalServerError, "internal error"
	switch errs.CodeOf(err) {
	case errs.NotFound:
		// A missing part of an object that has a row is a fault of the server.
		if errs.ReasonOf(err) == errMissing.Reason {
			status, text = http.StatusNotFound, "not found"
		}
	case errs.Unavailable, errs.Timeout, errs.Exhausted:
		status, text = http.StatusServiceUnavailable, "try again later"
		w.Header().Set("Retry-After", "1")
	}
	if status != http.StatusNotFound {
		h.log.ErrorContext(r.Context(), "object not served", "path", r.URL.Path, "error", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, status)
}

// served are the types that a browser may act on; anything else is bytes.
func contentType(stored string) string {
	switch stored {
	case "video/mp4", "audio/mp4", "video/webm", "video/x-matroska", "image/jpeg", "image/png":
		return stored
	}
	return "application/octet-stream"
}

func (h *Handler) serveDefault(w http.ResponseWriter, r *http.Request, name string) {
	p, ok := h.pictures[name]
	if !ok {
		h.refuse(w, r, errMissing)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("ETag", p.etag)
	w.Header().Set("Cache-Control", "public, max-age=86400") // a release may draw others
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.data))
}

// watched remembers why reading ended early: ServeContent does not tell. With
// several ranges it reads in a goroutine of its own.
type watched struct {
	io.ReadSeeker
	mu  sync.Mutex
	err error
}

func (s *watched) Read(p []byte) (int, error) {
	n, err := s.ReadSeeker.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
	}
	return n, err
}

func (s *watched) fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
