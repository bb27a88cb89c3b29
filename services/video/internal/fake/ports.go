package fake

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// ErrDown is the error of a fake that simulates an outage.
var ErrDown = errors.New("down")

// Authors has a fixed set of users.
type Authors struct {
	Known map[int64]bool
	Err   error
}

var _ video.Authors = (*Authors)(nil)

// Exists implements video.Authors.
func (a *Authors) Exists(_ context.Context, userID int64) (bool, error) {
	return a.Known[userID], a.Err
}

// Objects stores only the names of parts.
type Objects struct {
	mu    sync.Mutex
	parts map[string]bool
	down  bool
}

var _ video.Objects = (*Objects)(nil)

// NewObjects returns an empty object store.
func NewObjects() *Objects { return &Objects{parts: map[string]bool{}} }

// Write stores the first parts of an object.
func (o *Objects) Write(key string, parts int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range parts {
		o.parts[partName(key, i)] = true
	}
}

// SetDown starts or ends an outage of removals.
func (o *Objects) SetDown(down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = down
}

// Left is the number of stored parts.
func (o *Objects) Left() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.parts)
}

// WriteWhole stores a whole object.
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

// Hot records the authors whose documents were invalidated.
type Hot struct {
	mu      sync.Mutex
	authors []int64
}

var _ video.Hot = (*Hot)(nil)

// Change implements video.Hot.
func (h *Hot) Change(ctx context.Context, authorID int64, commit func(context.Context) error) error {
	h.mu.Lock()
	h.authors = append(h.authors, authorID)
	h.mu.Unlock()
	return commit(ctx)
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

// Clock changes only by Move.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock with a fixed time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set sets the time in Unix milliseconds.
func (c *Clock) Set(unixMs int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = time.UnixMilli(unixMs)
}

// Move moves the clock forward, or back if d is negative.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// BrokenUploads is a store that cannot change uploads.
type BrokenUploads struct{ video.Uploads }

// Change implements video.Uploads.
func (BrokenUploads) Change(context.Context, int64, func(*video.Upload, int64) error) (video.Upload, error) {
	return video.Upload{}, ErrDown
}
