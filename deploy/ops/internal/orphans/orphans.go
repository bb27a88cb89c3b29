// Package orphans finds objects, and unfinished multipart uploads, that no row of
// the video service names, and deletes them.
package orphans

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/confirm"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/objectindex"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
)

// Orphan is an item of the store that no row names.
type Orphan struct {
	storage.Item
	Expected string // the row that should name it, in words
}

// String names the orphan for people.
func (o Orphan) String() string {
	if o.Upload != "" {
		return "unfinished object " + o.Key
	}
	return "object " + o.Key
}

// Finder compares a store with the rows of the video service.
type Finder struct {
	DB      *servicedb.DB
	Store   storage.Reader
	Timeout time.Duration // how long no row may name an item before it is an orphan
}

// Listing is the content of a store at one moment.
type Listing struct{ stored, unfinished []storage.Item }

// List lists the store. Read the rows after it: rows name an object before it is
// written.
func (f Finder) List(ctx context.Context) (l Listing, err error) {
	if l.stored, err = f.Store.List(ctx); err != nil {
		return l, fmt.Errorf("objects: %w", err)
	}
	if l.unfinished, err = f.Store.Unfinished(ctx); err != nil {
		return l, fmt.Errorf("unfinished objects: %w", err)
	}
	return l, nil
}

// batch is how many candidates are sampled together. With many thousands at once
// the timeout would end before each had enough samples.
const batch = 1000

// Find calls found with the orphans of a listing, some at a time, and with the
// items whose state changes too fast to decide. An item that is deleted while it
// is sampled is no orphan: it may have been deleted together with its row.
func (f Finder) Find(ctx context.Context, l Listing, found func(orphans, unstable []Orphan) error) error {
	index, err := objectindex.Read(ctx, f.DB)
	if err != nil {
		return err
	}
	recent := &objectindex.Recent{DB: f.DB, MaxAge: confirm.Pause(f.Timeout)}
	var candidates []Orphan
	for _, i := range l.stored {
		if !index.Names(i) {
			candidates = append(candidates, Orphan{i, "a video or an upload that has it"})
		}
	}
	for _, i := range l.unfinished {
		if !index.Names(i) {
			candidates = append(candidates, Orphan{i, "an upload that goes on"})
		}
	}
	for some := range slices.Chunk(candidates, batch) {
		comparisons := make([]confirm.Comparison, len(some))
		for i, o := range some {
			comparisons[i] = confirm.Comparison{Name: o.String(), Take: f.sample(recent, o)}
		}
		result, err := confirm.Run(ctx, f.Timeout, comparisons)
		if err != nil {
			return err
		}
		var orphans, unstable []Orphan
		for _, m := range result.Mismatches {
			orphans = append(orphans, some[m.Index])
		}
		for _, i := range result.Unstable {
			unstable = append(unstable, some[i])
		}
		if err := found(orphans, unstable); err != nil {
			return err
		}
	}
	return nil
}

// sample reads the store and the rows once more.
func (f Finder) sample(recent *objectindex.Recent, o Orphan) func(ctx context.Context) (confirm.Sample, error) {
	return func(ctx context.Context) (confirm.Sample, error) {
		stored, err := f.stored(ctx, o)
		if err != nil || !stored {
			return confirm.Sample{Same: true}, err
		}
		index, err := recent.Read(ctx)
		return confirm.Sample{Same: err == nil && index.Names(o.Item), Expected: o.Expected, Found: "none"}, err
	}
}

func (f Finder) stored(ctx context.Context, o Orphan) (bool, error) {
	if o.Upload == "" {
		return f.Store.Exists(ctx, o.Key)
	}
	unfinished, err := f.Store.Unfinished(ctx)
	return slices.ContainsFunc(unfinished, func(i storage.Item) bool { return i.Key == o.Key && i.Upload == o.Upload }), err
}
