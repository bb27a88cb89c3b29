package fake

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// Videos is an interaction.Videos with a fixed set of videos and their authors.
type Videos struct {
	Authors map[int64]int64
	Err     error // returned by every call, if set
}

var (
	_ interaction.Videos     = (*Videos)(nil)
	_ interaction.VideoOwner = (*Videos)(nil)
)

// Author implements interaction.Videos.
func (v *Videos) Author(_ context.Context, videoID int64) (int64, error) {
	if v.Err != nil {
		return 0, v.Err
	}
	author, ok := v.Authors[videoID]
	if !ok {
		return 0, interaction.ErrVideoUnknown
	}
	return author, nil
}

// Forget removes a video, like its deletion.
func (v *Videos) Forget(videoID int64) { delete(v.Authors, videoID) }

// Missing implements interaction.VideoOwner: a video without an author was deleted.
func (v *Videos) Missing(_ context.Context, videoIDs []int64) ([]int64, error) {
	var missing []int64
	for _, id := range videoIDs {
		if _, exists := v.Authors[id]; !exists {
			missing = append(missing, id)
		}
	}
	return missing, v.Err
}

// Hot is an interaction.Hot in memory.
type Hot struct {
	mu     sync.Mutex
	sets   map[int64]interaction.Set
	counts map[int64]interaction.UserStats
}

var _ interaction.Hot = (*Hot)(nil)

// NewHot returns an empty Hot.
func NewHot() *Hot {
	return &Hot{sets: make(map[int64]interaction.Set), counts: make(map[int64]interaction.UserStats)}
}

// LikesChanged implements interaction.Hot.
func (h *Hot) LikesChanged(_ context.Context, likes ...interaction.ChangedLike) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range likes {
		delete(h.sets, l.UserID)
		delete(h.counts, l.UserID)
		delete(h.counts, l.AuthorID)
	}
}

// LoadSet implements interaction.Hot.
func (h *Hot) LoadSet(ctx context.Context, userID int64, rebuild func(context.Context) (interaction.Set, error)) (interaction.Set, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return load(ctx, h.sets, userID, rebuild)
}

// LoadCounts implements interaction.Hot.
func (h *Hot) LoadCounts(ctx context.Context, userID int64, rebuild func(context.Context) (interaction.UserStats, error)) (interaction.UserStats, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return load(ctx, h.counts, userID, rebuild)
}

func load[T any](ctx context.Context, docs map[int64]T, key int64, rebuild func(context.Context) (T, error)) (T, error) {
	if doc, ok := docs[key]; ok {
		return doc, nil
	}
	doc, err := rebuild(ctx)
	if err == nil {
		docs[key] = doc
	}
	return doc, err
}

// IDs counts up from 1.
type IDs struct{ last atomic.Int64 }

var _ interaction.IDs = (*IDs)(nil)

// Next implements interaction.IDs.
func (i *IDs) Next() (int64, error) { return i.last.Add(1), nil }

// Writer is an interaction.Writer that commits each write alone.
type Writer struct {
	Commit func(ctx context.Context, writes []interaction.Write) ([]interaction.Outcome, error)
}

var _ interaction.Writer = Writer{}

// Do implements interaction.Writer.
func (w Writer) Do(ctx context.Context, write interaction.Write) (interaction.Outcome, error) {
	outcomes, err := w.Commit(ctx, []interaction.Write{write})
	if err != nil {
		return interaction.Outcome{}, err
	}
	return outcomes[0], nil
}

// NoTrace is the TraceParent of a request without a trace.
func NoTrace(context.Context) string { return "" }
