package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// places are where rows say that objects are, or may be.
type places struct {
	parts  map[string]int  // number of parts by object key; unbounded for uploads
	whole  map[string]bool // object keys
	pieces map[string]bool // object keys that may be uploaded in pieces

	indexes map[string]bool // folders in which an index names objects, besides a row
}

const unbounded = 1 << 30

// extent is an object that a row names without its bytes.
type extent struct {
	Key   string `json:"key"`
	Parts int    `json:"parts"`
}

// reserved are the rows that name objects in JSON.
const reserved = `SELECT layout, extents FROM outputs UNION ALL SELECT layout, extents FROM removals`

// openUploads may write parts that no video has yet.
const openUploads = `SELECT layout, object_key FROM uploads`

// readPlaces reads all of them at one moment.
func readPlaces(ctx context.Context, d *database) (places, error) {
	p := places{parts: map[string]int{}, whole: map[string]bool{}, pieces: map[string]bool{}, indexes: map[string]bool{}}
	err := d.snapshot(ctx, func(q querier) error {
		videos, err := readStored(ctx, q)
		if err != nil {
			return err
		}
		for _, v := range videos {
			p.add(v.manifest.Layout, extent{v.manifest.Key, v.manifest.Parts()}, false)
			if v.kind == indexKind {
				p.indexes[path.Dir(v.manifest.Key)] = true
			}
		}
		type row struct {
			layout objectstore.Layout
			text   string
		}
		fields := func(r *row) []any { return []any{&r.layout, &r.text} }
		uploads, err := collect(ctx, q, openUploads, fields)
		if err != nil {
			return err
		}
		for _, u := range uploads {
			p.add(u.layout, extent{u.text, unbounded}, true)
		}
		rows, err := collect(ctx, q, reserved, fields)
		if err != nil {
			return err
		}
		for _, r := range rows {
			var extents []extent
			if err := json.Unmarshal([]byte(r.text), &extents); err != nil {
				return fmt.Errorf("extents %q: %w", r.text[:min(len(r.text), 100)], err)
			}
			for _, e := range extents {
				p.add(r.layout, e, true)
			}
		}
		return nil
	})
	return p, err
}

// recentPlaces are read once for many looks, each of which would else read all
// rows: strays come in thousands.
type recentPlaces struct {
	database *database
	age      time.Duration // the pause between two looks at the same: each has rows of its own

	mu     sync.Mutex
	at     time.Time // when they had been read
	places places
}

func (r *recentPlaces) read(ctx context.Context) (places, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.IsZero() && time.Since(r.at) < r.age {
		return r.places, nil
	}
	now, err := readPlaces(ctx, r.database)
	if err == nil {
		r.places, r.at = now, time.Now()
	}
	return now, err
}

func (p places) add(layout objectstore.Layout, e extent, written bool) {
	if layout == objectstore.LayoutWhole {
		p.whole[e.Key] = true
		p.pieces[e.Key] = p.pieces[e.Key] || written
		return
	}
	p.parts[e.Key] = max(p.parts[e.Key], e.Parts)
}

// knows reports whether a row names what is in the store.
func (p places) knows(l Listed) bool {
	if l.Upload != "" {
		return p.takesPieces(l.Key)
	}
	return p.has(l.Key)
}

// has reports whether a part belongs to an object, or is one that is kept whole.
func (p places) has(key string) bool {
	if p.whole[key] {
		return true
	}
	var n int
	object, name := path.Split(key)
	if read, err := fmt.Sscanf(name, "%06d", &n); err != nil || read != 1 {
		return false
	}
	return n >= 0 && n < p.parts[path.Clean(object)]
}

// takesPieces reports whether somebody may be uploading an object.
func (p places) takesPieces(key string) bool { return p.pieces[key] }

// indexed reports whether an index may name an object.
func (p places) indexed(key string) bool {
	for folder := path.Dir(key); len(folder) > 1; folder = path.Dir(folder) {
		if p.indexes[folder] {
			return true
		}
	}
	return false
}
