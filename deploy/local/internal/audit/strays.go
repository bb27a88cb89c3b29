package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// strays reports objects that no row knows. One may go while it is looked at,
// with the row of its removal.
func (a *auditor) strays(ctx context.Context, d *database, keys, unfinished []string) error {
	known, err := readPlaces(ctx, d)
	if err != nil {
		return err
	}
	var comparisons []comparison
	for _, key := range keys {
		if known.has(key) {
			continue
		}
		comparisons = append(comparisons, comparison{invariant: "I8", what: "object " + key, take: func(ctx context.Context) (sample, error) {
			there, err := a.options.Objects.Exists(ctx, key)
			if err != nil || !there {
				return sample{same: true}, err
			}
			now, err := readPlaces(ctx, d)
			return sample{same: err == nil && now.has(key), expected: "a video or an upload that has it", found: "none"}, err
		}})
	}
	for _, key := range unfinished {
		if known.takesPieces(key) {
			continue
		}
		comparisons = append(comparisons, comparison{invariant: "I8", what: "unfinished object " + key, take: a.unfinished(d, key)})
	}
	return a.lasting(ctx, comparisons)
}

// unfinished looks again at an object that is being uploaded in pieces.
func (a *auditor) unfinished(d *database, key string) func(ctx context.Context) (sample, error) {
	return func(ctx context.Context) (sample, error) {
		left, err := a.options.Objects.Unfinished(ctx)
		if err != nil {
			return sample{}, err
		}
		now, err := readPlaces(ctx, d)
		if err != nil {
			return sample{}, err
		}
		same := now.takesPieces(key)
		for _, one := range left {
			if one == key {
				return sample{same: same, expected: "an upload that goes on", found: "none"}, nil
			}
		}
		return sample{same: true}, nil
	}
}

// places are where rows say that objects are, or may be.
type places struct {
	parts  map[string]int  // number of parts by object key; unbounded for uploads
	whole  map[string]bool // object keys
	pieces map[string]bool // object keys that may be uploaded in pieces
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
	p := places{parts: map[string]int{}, whole: map[string]bool{}, pieces: map[string]bool{}}
	err := d.snapshot(ctx, func(q querier) error {
		videos, err := readStored(ctx, q)
		if err != nil {
			return err
		}
		for _, v := range videos {
			p.add(v.manifest.Layout, extent{v.manifest.Key, v.manifest.Parts()}, false)
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

func (p places) add(layout objectstore.Layout, e extent, written bool) {
	if layout == objectstore.LayoutWhole {
		p.whole[e.Key] = true
		p.pieces[e.Key] = p.pieces[e.Key] || written
		return
	}
	p.parts[e.Key] = max(p.parts[e.Key], e.Parts)
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
