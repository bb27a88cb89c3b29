package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/maypok86/otter/v2"
	"google.golang.org/protobuf/proto"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

const (
	// maxIndexBytes of one index; that of an hour-long video has a few hundred
	// kilobytes.
	maxIndexBytes = 8 << 20
	// maxIndexesWeight bounds the indexes in memory, in bytes.
	maxIndexesWeight = 24 << 20
	// indexesAtOnce are being read and decoded, which takes several times their
	// size in memory.
	indexesAtOnce  = 4
	manifestWeight = 128 // bytes of a manifest, beside its key
)

// hlsAddress is every path below the renditions of a video: the master playlist,
// the playlist of a track, or one of its objects.
var hlsAddress = regexp.MustCompile(`^/media/hls/([1-9][0-9]{0,15})/([0-9a-f]{16})/(?:([a-z0-9]{1,16})\.m3u8|([a-z0-9]{1,16})/(?:init\.mp4|([0-9]{5})\.m4s))$`)

// rendition is what such a path asks for.
type rendition struct {
	index    objectName
	playlist string // name of a track, or masterName; else:
	track    string
	segment  int // initSegment or a number from 0
}

const initSegment = -1

func parseHLS(path string) (rendition, bool) {
	m := hlsAddress.FindStringSubmatch(path)
	if m == nil {
		return rendition{}, false
	}
	id, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return rendition{}, false
	}
	asked := rendition{index: objectName{videoID: id, revision: m[2], kind: index}, playlist: m[3], track: m[4], segment: initSegment}
	if m[5] != "" {
		if asked.segment, err = strconv.Atoi(m[5]); err != nil {
			return rendition{}, false
		}
	}
	return asked, true
}

// hlsIndex is an index made ready to be served.
type hlsIndex struct {
	playlists map[string]playlist // by name of the track, and the master
	tracks    map[string]hlsTrack
}

type playlist struct {
	text []byte
	etag string
}

type hlsTrack struct {
	init     objectstore.Manifest
	segments []objectstore.Manifest
}

func newPlaylist(text []byte) playlist {
	sum := sha256.Sum256(text)
	return playlist{text: text, etag: fmt.Sprintf("\"%x\"", sum[:16])}
}

// weight is about what an index takes in memory.
func (x *hlsIndex) weight() uint32 {
	weight := 0
	for _, p := range x.playlists {
		weight += len(p.text)
	}
	for _, t := range x.tracks {
		for _, s := range t.segments {
			weight += manifestWeight + len(s.Key)
		}
	}
	return uint32(weight)
}

// indexes keeps the indexes that are in use. Like any object they never change.
type indexes struct {
	parts *parts
	kept  *otter.Cache[string, *hlsIndex]
	loads chan struct{}
}

func newIndexes(parts *parts) (*indexes, error) {
	kept, err := otter.New(&otter.Options[string, *hlsIndex]{
		MaximumWeight: maxIndexesWeight,
		Weigher:       func(_ string, x *hlsIndex) uint32 { return x.weight() },
	})
	if err != nil {
		return nil, err
	}
	return &indexes{parts: parts, kept: kept, loads: make(chan struct{}, indexesAtOnce)}, nil
}

// get reads the index that m is the manifest of. However many ask at once, it is
// read once.
func (i *indexes) get(ctx context.Context, m objectstore.Manifest) (*hlsIndex, error) {
	return i.kept.Get(ctx, m.Key, otter.LoaderFunc[string, *hlsIndex](func(ctx context.Context, _ string) (*hlsIndex, error) {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return i.load(detached, m)
	}))
}

func (i *indexes) load(ctx context.Context, m objectstore.Manifest) (*hlsIndex, error) {
	if m.Size > maxIndexBytes {
		return nil, indexFault(fmt.Errorf("%d bytes", m.Size))
	}
	select {
	case i.loads <- struct{}{}:
		defer func() { <-i.loads }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// Not through the copies of parts: the index is kept here.
	encoded, err := io.ReadAll(i.parts.objects.Reader(ctx, m, i.parts.load))
	if err != nil {
		return nil, err
	}
	in := &videov1.HlsIndex{}
	if err := proto.Unmarshal(encoded, in); err != nil {
		return nil, indexFault(err)
	}
	return makeIndex(in)
}

func makeIndex(in *videov1.HlsIndex) (*hlsIndex, error) {
	if err := checkIndex(in); err != nil {
		return nil, err
	}
	made := &hlsIndex{tracks: map[string]hlsTrack{}, playlists: map[string]playlist{masterName: newPlaylist(masterPlaylist(in))}}
	for _, t := range in.GetTracks() {
		// Players of the web go by the type, not by the end of the name.
		contentType := "video/mp4"
		if isSound(t) {
			contentType = "audio/mp4"
		}
		track := hlsTrack{segments: make([]objectstore.Manifest, len(t.GetSegments()))}
		var err error
		if track.init, err = manifestOf(t.GetInit()); err != nil {
			return nil, err
		}
		track.init.ContentType = contentType
		for n, s := range t.GetSegments() {
			if track.segments[n], err = manifestOf(s.GetObject()); err != nil {
				return nil, err
			}
			track.segments[n].ContentType = contentType
		}
		made.tracks[t.GetName()] = track
		made.playlists[t.GetName()] = newPlaylist(trackPlaylist(t))
	}
	return made, nil
}

// object is the manifest of a segment, or of what every segment needs.
func (x *hlsIndex) object(asked rendition) (objectstore.Manifest, error) {
	track, ok := x.tracks[asked.track]
	switch {
	case !ok || asked.segment >= len(track.segments):
		return objectstore.Manifest{}, errMissing
	case asked.segment == initSegment:
		return track.init, nil
	}
	return track.segments[asked.segment], nil
}

func (h *Handler) serveHLS(w http.ResponseWriter, r *http.Request, asked rendition) {
	h.answer(w, r, asked.index, func(manifest stored) error {
		found, err := h.indexes.get(r.Context(), manifest.Manifest)
		if err != nil {
			return err
		}
		if asked.playlist != "" {
			return servePlaylist(w, r, found.playlists[asked.playlist], manifest.cacheControl(immutable))
		}
		object, err := found.object(asked)
		if err != nil {
			return err
		}
		return h.stream(w, r, stored{Manifest: object, ready: manifest.ready})
	})
}

func servePlaylist(w http.ResponseWriter, r *http.Request, p playlist, cacheControl string) error {
	if p.text == nil {
		return errMissing
	}
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	w.Header().Set("ETag", p.etag)
	w.Header().Set("Cache-Control", cacheControl)
	out := newPacedWriter(w)
	http.ServeContent(out, r, "", time.Time{}, bytes.NewReader(p.text))
	out.finish()
	return nil
}
