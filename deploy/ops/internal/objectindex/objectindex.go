// Package objectindex holds the keys of the object store that rows of the video
// service name.
package objectindex

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// Index holds the keys under which objects are, or may be, stored.
type Index struct {
	parts   map[string]int  // number of parts by object key; unbounded for uploads
	whole   map[string]bool // keys of whole objects
	uploads map[string]bool // keys of objects that may have a multipart upload

	folders map[string]bool // folders in which an index of segments names objects that no row names
}

const unbounded = 1 << 30

// extent is an object that a row names without its checksum.
type extent struct {
	Key   string `json:"key"`
	Parts int    `json:"parts"`
}

const (
	// sqlExtents selects the rows that name objects in JSON.
	sqlExtents = `SELECT layout, extents FROM outputs UNION ALL SELECT layout, extents FROM removals`

	// sqlUploads selects the uploads that may write parts before a video has them.
	sqlUploads = `SELECT layout, object_key FROM uploads`
)

// Tables are the tables of the video service that name objects.
func Tables() []string { return []string{"videos", "uploads", "outputs", "removals"} }

// Read reads the index in one snapshot.
func Read(ctx context.Context, d *servicedb.DB) (Index, error) {
	x := Index{parts: map[string]int{}, whole: map[string]bool{}, uploads: map[string]bool{}, folders: map[string]bool{}}
	err := d.Snapshot(ctx, func(q servicedb.Querier) error {
		objects, err := ReadObjects(ctx, q)
		if err != nil {
			return err
		}
		for _, o := range objects {
			x.add(o.Manifest.Layout, extent{o.Manifest.Key, o.Manifest.Parts()}, false)
			if o.Kind == KindIndex {
				x.folders[path.Dir(o.Manifest.Key)] = true
			}
		}
		return x.readWritten(ctx, q)
	})
	return x, err
}

// readWritten adds the objects that somebody may be writing.
func (x Index) readWritten(ctx context.Context, q servicedb.Querier) error {
	type row struct {
		layout objectstore.Layout
		text   string
	}
	fields := func(r *row) []any { return []any{&r.layout, &r.text} }
	uploads, err := servicedb.Collect(ctx, q, sqlUploads, fields)
	if err != nil {
		return err
	}
	for _, u := range uploads {
		x.add(u.layout, extent{u.text, unbounded}, true)
	}
	rows, err := servicedb.Collect(ctx, q, sqlExtents, fields)
	if err != nil {
		return err
	}
	for _, r := range rows {
		var extents []extent
		if err := json.Unmarshal([]byte(r.text), &extents); err != nil {
			return fmt.Errorf("extents %q: %w", r.text[:min(len(r.text), 100)], err)
		}
		for _, e := range extents {
			x.add(r.layout, e, true)
		}
	}
	return nil
}

func (x Index) add(layout objectstore.Layout, e extent, written bool) {
	if layout == objectstore.LayoutWhole {
		x.whole[e.Key] = true
		x.uploads[e.Key] = x.uploads[e.Key] || written
		return
	}
	x.parts[e.Key] = max(x.parts[e.Key], e.Parts)
}

// Empty reports whether the rows name no object at all.
func (x Index) Empty() bool { return len(x.parts)+len(x.whole) == 0 }

// Names reports whether a row names an item of the store.
func (x Index) Names(i storage.Item) bool {
	if i.Upload != "" {
		return x.uploads[i.Key]
	}
	if x.whole[i.Key] {
		return true
	}
	var n int
	object, name := path.Split(i.Key)
	if read, err := fmt.Sscanf(name, "%06d", &n); err != nil || read != 1 {
		return false
	}
	return n >= 0 && n < x.parts[path.Clean(object)]
}

// MayBeSegment reports whether an index of segments may name a key.
func (x Index) MayBeSegment(key string) bool {
	for folder := path.Dir(key); len(folder) > 1; folder = path.Dir(folder) {
		if x.folders[folder] {
			return true
		}
	}
	return false
}

// Recent reads an index and serves it for a short time. Orphans come in
// thousands, and each check would otherwise read all rows.
type Recent struct {
	DB     *servicedb.DB
	MaxAge time.Duration // at most the pause between two samples, so that each sample sees rows of its own

	mu    sync.Mutex
	at    time.Time // when index was read
	index Index
}

// Read returns an index that is at most MaxAge old.
func (r *Recent) Read(ctx context.Context) (Index, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.IsZero() && time.Since(r.at) < r.MaxAge {
		return r.index, nil
	}
	index, err := Read(ctx, r.DB)
	if err == nil {
		r.index, r.at = index, time.Now()
	}
	return index, err
}
