package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/objectindex"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/orphans"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// The object store's own code reads and checks the objects. These adapters refuse
// its writes.
type (
	readOnlyParts struct{ storage.Reader }
	readOnlyWhole struct{ storage.Reader }
)

var (
	_           objectstore.Blobs = readOnlyParts{}
	_           objectstore.Whole = readOnlyWhole{}
	errReadOnly                   = errors.New("an audit never writes")
)

func (readOnlyParts) Put(context.Context, string, []byte) error { return errReadOnly }
func (readOnlyParts) Delete(context.Context, string) error      { return errReadOnly }

func (readOnlyWhole) Put(context.Context, string, string, int64, io.Reader) error { return errReadOnly }
func (readOnlyWhole) Delete(context.Context, string) error                        { return errReadOnly }

// objects reads every object of every video, verifies its bytes, and looks for
// orphans.
func (a *auditor) objects(ctx context.Context) error {
	d := a.databases[video]
	if a.options.Objects == nil || !d.Has(objectindex.Tables()...) {
		a.report.note("objects: skipped")
		return nil
	}
	finder := orphans.Finder{DB: d, Store: a.options.Objects, Timeout: a.options.Staleness}
	listing, err := finder.List(ctx) // before the rows
	if err != nil {
		return err
	}
	named, err := objectindex.ReadObjects(ctx, d)
	if err != nil {
		return fmt.Errorf("objects that rows name: %w", err)
	}
	found, err := a.damages(ctx, named)
	if err != nil {
		return err
	}
	if err := a.reportDamages(ctx, d, found); err != nil {
		return err
	}
	return finder.Find(ctx, listing, func(orphans, unstable []orphans.Orphan) error {
		for _, o := range orphans {
			a.report.violate(Violation{Invariant: "I8", What: o.String(), Expected: o.Expected, Found: "none"})
		}
		for _, o := range unstable {
			a.report.unstable(o.String())
		}
		return nil
	})
}

// damage is a fault of an object.
type damage struct {
	owner objectindex.Object // the object that a row names; for a segment, its index
	what  string
	found string
}

// damages reads the objects and returns the faults.
func (a *auditor) damages(ctx context.Context, named []objectindex.Object) ([]damage, error) {
	store := objectstore.New(readOnlyParts{a.options.Objects}, readOnlyWhole{a.options.Objects})
	var found []damage
	check := func(owner, o objectindex.Object) []byte {
		a.report.Compared.Objects++
		content, fault := verify(ctx, store, o)
		if fault != "" {
			found = append(found, damage{owner, o.String(), fault})
		}
		return content
	}
	for _, o := range named {
		content := check(o, o)
		if o.Kind == objectindex.KindIndex && content != nil {
			segments, err := segmentsOf(o, content)
			if err != nil {
				found = append(found, damage{o, o.String(), err.Error()})
			}
			for _, segment := range segments {
				check(o, segment)
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return found, nil
}

// verify reads an object and returns its fault, or "". It returns the content
// only of an index without a fault.
func verify(ctx context.Context, store *objectstore.Store, o objectindex.Object) (content []byte, fault string) {
	sum := sha256.New()
	for n := range o.Manifest.Parts() {
		part, err := store.Part(ctx, o.Manifest, n)
		if err != nil {
			return nil, err.Error()
		}
		sum.Write(part) // never fails
		if o.Kind == objectindex.KindIndex {
			content = append(content, part...)
		}
	}
	if len(o.Sum) > 0 && !slices.Equal(sum.Sum(nil), o.Sum) {
		return nil, "bytes with another checksum"
	}
	return content, ""
}

// segmentsOf are the objects that an index names.
func segmentsOf(index objectindex.Object, content []byte) ([]objectindex.Object, error) {
	var decoded videov1.HlsIndex
	if err := proto.Unmarshal(content, &decoded); err != nil {
		return nil, errors.New("no index of segments")
	}
	var all []objectindex.Object
	add := func(kind string, o *videov1.Object) {
		all = append(all, objectindex.Object{Kind: kind, Video: index.Video, Sum: o.GetSha256(), Manifest: objectstore.Manifest{
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

// reportDamages reports the damaged objects that a row still names. Objects are
// deleted after their rows, so an object whose row is gone may have been about to
// be deleted.
func (a *auditor) reportDamages(ctx context.Context, d *servicedb.DB, found []damage) error {
	if len(found) == 0 {
		return nil
	}
	now, err := objectindex.ReadObjects(ctx, d)
	if err != nil {
		return fmt.Errorf("objects that rows name: %w", err)
	}
	named := map[string]bool{}
	for _, o := range now {
		named[o.Manifest.Key] = true
	}
	for _, f := range found {
		if named[f.owner.Manifest.Key] {
			a.report.violate(Violation{Invariant: "I8", What: f.what, Expected: "its bytes", Found: f.found})
		}
	}
	return nil
}
