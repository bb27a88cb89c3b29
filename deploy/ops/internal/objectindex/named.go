package objectindex

import (
	"context"
	"fmt"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// KindIndex is the kind of the object that names the segments of a video.
const KindIndex = "index"

// manifests are the objects that rows of videos name. The bytes of a failed video
// are deleted, or about to be. A source that was uploaded directly to an S3 store
// has no checksum before it is processed, although its column is filled.
const manifests = `SELECT 'object' AS kind, id, layout, source_key, source_size, source_part_size,
	IF(layout = 1 AND state <> 2, '', source_sha256) FROM videos WHERE state <> 3
UNION ALL
SELECT 'playable', id, layout, play_key, play_size, play_part_size, play_sha256 FROM videos WHERE play_key <> source_key
UNION ALL
SELECT 'cover', id, layout, cover_key, cover_size, cover_part_size, cover_sha256 FROM videos WHERE cover_key IS NOT NULL
UNION ALL
SELECT '` + KindIndex + `', id, layout, hls_key, hls_size, hls_part_size, hls_sha256 FROM videos WHERE hls_key IS NOT NULL
ORDER BY 2, 1`

// Object is an object that a row of a video names.
type Object struct {
	Kind     string
	Video    int64
	Manifest objectstore.Manifest
	Sum      []byte // SHA-256; empty if not known
}

func (o Object) String() string { return fmt.Sprintf("%s of video %d", o.Kind, o.Video) }

// ReadObjects reads the objects that the rows of videos name.
func ReadObjects(ctx context.Context, q servicedb.Querier) ([]Object, error) {
	return servicedb.Collect(ctx, q, manifests, func(o *Object) []any {
		m := &o.Manifest
		return []any{&o.Kind, &o.Video, &m.Layout, &m.Key, &m.Size, &m.PartSize, &o.Sum}
	})
}
