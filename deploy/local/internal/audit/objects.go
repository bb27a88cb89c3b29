package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// Objects reads the store of video and cover parts.
type Objects interface {
	// Keys lists the keys of all parts.
	Keys(ctx context.Context) ([]string, error)
	Get(ctx context.Context, key string) ([]byte, error)
	// Exists reports whether there still is a part.
	Exists(ctx context.Context, key string) (bool, error)
}

// readOnly lets the object store's own code read and check parts.
type readOnly struct{ Objects }

var (
	_           objectstore.Blobs = readOnly{}
	errReadOnly                   = errors.New("an audit changes nothing")
)

func (readOnly) Put(context.Context, string, []byte) error { return errReadOnly }
func (readOnly) Delete(context.Context, string) error      { return errReadOnly }

// manifests are what the rows say of objects.
const manifests = `SELECT CONCAT('object of video ', id), source_key, source_size, source_part_size, source_sha256 FROM videos
UNION ALL
SELECT CONCAT('cover of video ', id), cover_key, cover_size, cover_part_size, cover_sha256 FROM videos WHERE cover_key IS NOT NULL
ORDER BY 2`

// openUploads may write parts that no video has yet.
const openUploads = `SELECT 'upload', object_key, 0, 0, '' FROM uploads`

type stored struct {
	what     string
	manifest objectstore.Manifest
	sum      []byte
}

func readStored(ctx context.Context, q querier, query string) ([]stored, error) {
	return collect(ctx, q, query, func(s *stored) []any {
		return []any{&s.what, &s.manifest.Key, &s.manifest.Size, &s.manifest.PartSize, &s.sum}
	})
}

// objects reads every object of every video, checks its bytes, and looks for
// parts that belong to nothing.
func (a *auditor) objects(ctx context.Context) error {
	d := a.databases[video]
	if a.options.Objects == nil || !d.has("videos", "uploads") {
		a.report.note("objects: skipped")
		return nil
	}
	// Before the rows, which then know every part that is here.
	keys, err := a.options.Objects.Keys(ctx)
	if err != nil {
		return fmt.Errorf("objects: %w", err)
	}
	all, err := readStored(ctx, d.db, manifests)
	if err != nil {
		return fmt.Errorf("manifests: %w", err)
	}
	store := objectstore.New(readOnly{a.options.Objects}, nil)
	for _, one := range all {
		a.report.Compared.Objects++
		if found := damage(ctx, store, one); found != "" {
			a.report.violate(Violation{Invariant: "I8", What: one.what, Expected: "its bytes", Found: found})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return a.strays(ctx, d, keys)
}

// damage says what is wrong with an object, or nothing.
func damage(ctx context.Context, store *objectstore.Store, one stored) string {
	sum := sha256.New()
	for n := range one.manifest.Parts() {
		part, err := store.Part(ctx, one.manifest, n)
		if err != nil {
			return err.Error()
		}
		sum.Write(part) // never fails
	}
	if !slices.Equal(sum.Sum(nil), one.sum) {
		return "bytes of another checksum"
	}
	return ""
}

// strays reports parts that no row knows. A part may go while it is looked at,
// with the row of its upload.
func (a *auditor) strays(ctx context.Context, d *database, keys []string) error {
	known, err := knownParts(ctx, d)
	if err != nil {
		return err
	}
	var comparisons []comparison
	for _, key := range keys {
		if known.has(key) {
			continue
		}
		comparisons = append(comparisons, comparison{invariant: "I8", what: "part " + key, take: func(ctx context.Context) (sample, error) {
			there, err := a.options.Objects.Exists(ctx, key)
			if err != nil || !there {
				return sample{same: true}, err
			}
			now, err := knownParts(ctx, d)
			return sample{same: err == nil && now.has(key), expected: "a video or an upload that has it", found: "none"}, err
		}})
	}
	return a.lasting(ctx, comparisons)
}

// partCounts holds the number of parts by object key; unbounded for uploads.
type partCounts map[string]int

const unbounded = 1 << 30

func knownParts(ctx context.Context, d *database) (partCounts, error) {
	known := partCounts{}
	err := d.snapshot(ctx, func(q querier) error {
		videos, err := readStored(ctx, q, manifests)
		if err != nil {
			return err
		}
		uploads, err := readStored(ctx, q, openUploads)
		for _, v := range videos {
			known[v.manifest.Key] = v.manifest.Parts()
		}
		for _, u := range uploads {
			known[u.manifest.Key] = unbounded
		}
		return err
	})
	return known, err
}

// has reports whether a part belongs to an object.
func (p partCounts) has(key string) bool {
	var n int
	object, name := path.Split(key)
	if read, err := fmt.Sscanf(name, "%06d", &n); err != nil || read != 1 {
		return false
	}
	return n >= 0 && n < p[path.Clean(object)]
}
