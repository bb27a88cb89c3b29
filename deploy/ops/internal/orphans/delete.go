package orphans

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/objectindex"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
)

// Deleter deletes orphans.
type Deleter struct {
	DB     *servicedb.DB
	Store  storage.Deleter
	MinAge time.Duration // younger orphans are kept; 0 means DefaultMinAge
}

// DefaultMinAge leaves time for a write that is under way although its row was
// just deleted.
const DefaultMinAge = 10 * time.Minute

const (
	// videoFolder is the beginning of the keys of all objects of videos. Other
	// keys do not belong to this system.
	videoFolder = "videos/"

	// deleteBatch is how many orphans are deleted after one read of the rows.
	deleteBatch = 100
)

// Kept is an orphan that was not deleted, with the reason in plain words.
type Kept struct {
	Orphan
	Why string
}

// Outcome is the result of a deletion. An item in neither list is no orphan any
// more: a row names it.
type Outcome struct {
	Deleted []Orphan
	Kept    []Kept
}

// Delete deletes the orphans that no row names on one more read immediately
// before the deletion.
func (d Deleter) Delete(ctx context.Context, orphans []Orphan) (outcome Outcome, err error) {
	if d.MinAge == 0 {
		d.MinAge = DefaultMinAge
	}
	for some := range slices.Chunk(orphans, deleteBatch) {
		index, err := objectindex.Read(ctx, d.DB)
		if err != nil {
			return outcome, err
		}
		for _, o := range some {
			if index.Names(o.Item) {
				continue
			}
			why := d.reasonToKeep(index, o)
			if why == "" {
				if err := d.delete(ctx, o); err != nil {
					why = err.Error()
				}
			}
			if why != "" {
				outcome.Kept = append(outcome.Kept, Kept{o, why})
				continue
			}
			outcome.Deleted = append(outcome.Deleted, o)
		}
	}
	return outcome, nil
}

// reasonToKeep is empty for an orphan that may be deleted.
func (d Deleter) reasonToKeep(index objectindex.Index, o Orphan) string {
	switch {
	case !strings.HasPrefix(o.Key, videoFolder):
		return "it is not in " + videoFolder
	case index.Empty(): // as in a freshly created database
		return "the rows name no object at all: is this their database?"
	case time.Since(o.Modified) < d.MinAge:
		return fmt.Sprintf("it is younger than %s", d.MinAge)
	case o.Upload == "" && index.MayBeSegment(o.Key):
		return "an index of segments may name it" // deleting it could break a video
	}
	return ""
}

func (d Deleter) delete(ctx context.Context, o Orphan) error {
	if o.Upload != "" {
		return d.Store.Abort(ctx, o.Key, o.Upload)
	}
	return d.Store.Delete(ctx, o.Key)
}
