package fake

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// ErrDown is the answer of a fake that is set out of order.
var ErrDown = errors.New("out of order")

// Authors knows the users that are listed.
type Authors struct {
	Known map[int64]bool
	Err   error
}

var _ video.Authors = (*Authors)(nil)

// Exists implements video.Authors.
func (a *Authors) Exists(_ context.Context, userID int64) (bool, error) {
	return a.Known[userID], a.Err
}

// Objects holds the names of the parts that were "written".
type Objects struct {
	mu    sync.Mutex
	parts map[string]bool
	down  bool
}

var _ video.Objects = (*Objects)(nil)

// NewObjects makes an empty object store.
func NewObjects() *Objects { return &Objects{parts: map[string]bool{}} }

// Write puts the first parts of an object there.
func (o *Objects) Write(key string, parts int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range parts {
		o.parts[partName(key, i)] = true
	}
}

// SetDown makes removals fail, or work again.
func (o *Objects) SetDown(down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = down
}

// Left is how many parts there are of all objects.
func (o *Objects) Left() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.parts)
}

// WriteWhole puts a whole object there.
func (o *Objects) WriteWhole(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.parts[key] = true
}

// Remove implements video.Objects.
func (o *Objects) Remove(ctx context.Context, layout video.Layout, extents ...video.Extent) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		return ErrDown
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, e := range extents {
		if layout == video.LayoutWhole {
			delete(o.parts, e.Key)
			continue
		}
		for i := range e.Parts {
			delete(o.parts, partName(e.Key, i))
		}
	}
	return nil
}

func partName(key string, n int) string { return fmt.Sprintf("%s/%06d", key, n) }

// Hot records the authors whose documents are invalidated.
type Hot struct {
	mu      sync.Mutex
	authors []int64
}

var _ video.Hot = (*Hot)(nil)

// Change implements video.Hot.
func (h *Hot) Change(ctx context.Context, authorID int64, commit func(context.Context) error) error {
	h.Invalidate(ctx, authorID)
	return commit(ctx)
}

// Invalidate implements event.Documents.
func (h *Hot) Invalidate(_ context.Context, authorID int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.authors = append(h.authors, authorID)
}

// Invalidated returns the authors whose documents were invalidated, in order.
func (h *Hot) Invalidated() []int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]int64(nil), h.authors...)
}

// IDs counts up from 1.
type IDs struct {
	mu   sync.Mutex
	last int64
}

var _ video.IDs = (*IDs)(nil)

// Next implements video.IDs.
func (i *IDs) Next() (int64, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last++
	return i.last, nil
}

// Clock stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that shows a moment.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now is the time it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move sets it forward, or back by a negative distance.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// BrokenUploads is a store that can begin uploads and not change them.
type BrokenUploads struct{ video.Uploads }

// Change implements video.Uploads.
func (BrokenUploads) Change(context.Context, int64, func(*video.Upload) error) (video.Upload, error) {
	return video.Upload{}, ErrDown
}
