package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// Objects reads the store of videos and covers: parts of objects and, where that
// is an S3 store, whole ones.
type Objects interface {
	// List lists all parts and all whole objects.
	List(ctx context.Context) ([]Listed, error)
	// Unfinished lists the uploads in pieces that go on.
	Unfinished(ctx context.Context) ([]Listed, error)
	Get(ctx context.Context, key string) ([]byte, error)
	GetRange(ctx context.Context, key string, offset, length int64) ([]byte, error)
	// Exists reports whether there still is a part or a whole object.
	Exists(ctx context.Context, key string) (bool, error)
}

// Listed is something that the store has under a key.
type Listed struct {
	Key      string
	Upload   string    // what the store calls it, of an upload in pieces
	Modified time.Time // of an upload in pieces when it began
}

// The object store's own code reads and checks what is there, and cannot change
// it.
type (
	readOnlyParts struct{ Objects }
	readOnlyWhole struct{ Objects }
)

var (
	_           objectstore.Blobs = readOnlyParts{}
	_           objectstore.Whole = readOnlyWhole{}
	errReadOnly                   = errors.New("an audit changes nothing")
)

func (readOnlyParts) Put(context.Context, string, []byte) error { return errReadOnly }
func (readOnlyParts) Delete(context.Context, string) error      { return errReadOnly }

func (readOnlyWhole) Put(context.Context, string, string, int64, io.Reader) error { return errReadOnly }
func (readOnlyWhole) Delete(context.Context, string) error                        { return errReadOnly }

// manifests are what the rows say of objects. The bytes of a failed video are
// gone, or about to go. What went straight to an S3 store has no checksum before
// it is processed; it has the length of one all the same.
const manifests = `SELECT 'object' AS kind, id, layout, source_key, source_size, source_part_size,
	IF(layout = 1 AND state <> 2, '', source_sha256) FROM videos WHERE state <> 3
UNION ALL
SELECT 'playable', id, layout, play_key, play_size, play_part_size, play_sha256 FROM videos WHERE play_key <> source_key
UNION ALL
SELECT 'cover', id, layout, cover_key, cover_size, cover_part_size, cover_sha256 FROM videos WHERE cover_key IS NOT NULL
UNION ALL
SELECT '` + indexKind + `', id, layout, hls_key, hls_size, hls_part_size, hls_sha256 FROM videos WHERE hls_key IS NOT NULL
ORDER BY 2, 1`

// indexKind is the object that names the segments of a video.
const indexKind = "index"

// stored is an object that a row names.
type stored struct {
	kind     string
	video    int64
	manifest objectstore.Manifest
	sum      []byte // empty: not known
}

func (s stored) String() string { return fmt.Sprintf("%s of video %d", s.kind, s.video) }

func readStored(ctx context.Context, q querier) ([]stored, error) {
	return collect(ctx, q, manifests, func(s *stored) []any {
		m := &s.manifest
		return []any{&s.kind, &s.video, &m.Layout, &m.Key, &m.Size, &m.PartSize, &s.sum}
	})
}

// objects reads every object of every video, checks its bytes, and looks for
// what belongs to nothing.
func (a *auditor) objects(ctx context.Context) error {
	d := a.databases[video]
	if a.options.Objects == nil || !d.has("videos", "uploads", "outputs", "removals") {
		a.report.note("objects: skipped")
		return nil
	}
	// Before the rows, which then know everything that is here.
	kept, err := a.options.Objects.List(ctx)
	if err != nil {
		return fmt.Errorf("objects: %w", err)
	}
	unfinished, err := a.options.Objects.Unfinished(ctx)
	if err != nil {
		return fmt.Errorf("unfinished objects: %w", err)
	}
	all, err := readStored(ctx, d.db)
	if err != nil {
		return fmt.Errorf("manifests: %w", err)
	}
	found, err := a.damages(ctx, all)
	if err != nil {
		return err
	}
	if err := a.stillNamed(ctx, d, found); err != nil {
		return err
	}
	return a.strays(ctx, d, kept, unfinished)
}

// damaged is an object of which something is wrong.
type damaged struct {
	owner stored // the object that a row names: of a segment, the index
	what  string
	found string
}

// damages reads the objects.
func (a *auditor) damages(ctx context.Context, all []stored) ([]damaged, error) {
	store := objectstore.New(readOnlyParts{a.options.Objects}, readOnlyWhole{a.options.Objects})
	var found []damaged
	look := func(owner, one stored) []byte {
		a.report.Compared.Objects++
		content, wrong := read(ctx, store, one)
		if wrong != "" {
			found = append(found, damaged{owner, one.String(), wrong})
		}
		return content
	}
	for _, one := range all {
		content := look(one, one)
		if one.kind == indexKind && content != nil {
			segments, err := segmentsOf(one, content)
			if err != nil {
				found = append(found, damaged{one, one.String(), err.Error()})
			}
			for _, segment := range segments {
				look(one, segment)
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return found, nil
}

// read says what is wrong with an object, or nothing. It keeps the content only
// of an index that is right.
func read(ctx context.Context, store *objectstore.Store, one stored) (content []byte, wrong string) {
	sum := sha256.New()
	for n := range one.manifest.Parts() {
		part, err := store.Part(ctx, one.manifest, n)
		if err != nil {
			return nil, err.Error()
		}
		sum.Write(part) // never fails
		if one.kind == indexKind {
			content = append(content, part...)
		}
	}
	if len(one.sum) > 0 && !slices.Equal(sum.Sum(nil), one.sum) {
		return nil, "bytes of another checksum"
	}
	return content, ""
}

// segmentsOf are the objects that an index names.
func segmentsOf(index stored, content []byte) ([]stored, error) {
	var decoded videov1.HlsIndex
	if err := proto.Unmarshal(content, &decoded); err != nil {
		return nil, errors.New("no index of segments")
	}
	var all []stored
	add := func(kind string, o *videov1.Object) {
		all = append(all, stored{kind: kind, video: index.video, sum: o.GetSha256(), manifest: objectstore.Manifest{
			Key: o.GetKey(), Size: o.GetSize(), PartSize: o.GetPartSize(), Layout: objectstore.Layout(o.GetLayout()),
		}})
	}
	for _, track := range decoded.GetTracks() {
		add("header of track "+track.GetName(), track.GetInit())
		for n, segment := range track.GetSegments() {
			add(fmt.Sprintf("segment %d of track %s", n, track.GetName()), segment.GetObject())
		}
	}
	return all, nil
}

// stillNamed reports the damaged objects that a row names now. Objects go after
// their rows: one whose row is gone by now may have been about to go.
func (a *auditor) stillNamed(ctx context.Context, d *database, found []damaged) error {
	if len(found) == 0 {
		return nil
	}
	now, err := readStored(ctx, d.db)
	if err != nil {
		return fmt.Errorf("manifests: %w", err)
	}
	named := map[string]bool{}
	for _, one := range now {
		named[one.manifest.Key] = true
	}
	for _, f := range found {
		if named[f.owner.manifest.Key] {
			a.report.violate(Violation{Invariant: "I8", What: f.what, Expected: "its bytes", Found: f.found})
		}
	}
	return nil
}
