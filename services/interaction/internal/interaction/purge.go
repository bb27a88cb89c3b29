package interaction

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// purgeBatch is how many likes or comments end in one transaction: few
	// enough that others do not wait long for the rows of counts it locks.
	purgeBatch = 200
	// purgePause is the pause per ended like. Each has an event, which the consumers
	// of everybody's likes process: 500 a second are fewer than they can take.
	purgePause = 2 * time.Millisecond
	// purgeTimeout bounds one batch.
	purgeTimeout = 10 * time.Second
	// markTimeout bounds the marking of a deleted video. It is shorter than the
	// deadline of an event handler.
	markTimeout = 2 * time.Second
)

// Purges records deleted videos and ends their likes and comments.
type Purges interface {
	// MarkVideoDeleted records permanently that a video was deleted, and that it
	// has to be purged. From then on Apply refuses new likes and
	// comments of it. Marking again changes nothing.
	MarkVideoDeleted(ctx context.Context, videoID int64, at time.Time) error
	// PurgeBatch ends at most limit likes or comments of one video, each exactly
	// as if its user had done so. It claims the first video with an id of at
	// least fromID that has a pending purge and is not claimed by another purger.
	// If the video has nothing left, the purge is finished and its record is
	// removed. The result of a failed batch holds the video, if it was claimed.
	PurgeBatch(ctx context.Context, fromID int64, limit int, at time.Time) (PurgeResult, error)
	// Counted returns the next videos after an id that have likes or comments and
	// were not marked as deleted, ascending.
	Counted(ctx context.Context, afterID int64, limit int) ([]int64, error)
}

// PurgeResult is the result of one batch.
type PurgeResult struct {
	VideoID  int64   // 0: no video has to be purged
	AuthorID int64   // author of the video, if likes ended
	Unliked  []int64 // users whose likes ended
}

// AuthorCache caches the authors of videos.
type AuthorCache interface {
	// Forget removes a video from the cache.
	Forget(videoID int64)
}

// PurgerPorts are the dependencies of a purger. Every field is required.
type PurgerPorts struct {
	Purges  Purges
	Authors AuthorCache
	Owner   VideoOwner
	Hot     Hot
	Clock   func() time.Time
	Log     *slog.Logger
}

// Purger ends the likes and comments of deleted videos. Every replica may run one:
// a batch is one transaction, and the next round of any purger continues what a
// process did not finish.
type Purger struct {
	PurgerPorts
	wake chan struct{}
}

// NewPurger returns a purger. It works while Run runs.
func NewPurger(p PurgerPorts) *Purger {
	return &Purger{PurgerPorts: p, wake: make(chan struct{}, 1)}
}

// VideoDeleted records in a short transaction that a video was deleted and wakes
// Run, which purges it. It is idempotent.
func (p *Purger) VideoDeleted(ctx context.Context, videoID int64) error {
	const op = "interaction.VideoDeleted"
	if videoID <= 0 {
		return errs.Wrap(op, ErrIDInvalid)
	}
	ctx, cancel := context.WithTimeout(ctx, markTimeout)
	defer cancel()
	p.Authors.Forget(videoID)
	if err := p.Purges.MarkVideoDeleted(ctx, videoID, p.Clock().UTC()); err != nil {
		return errs.Wrap(op, err)
	}
	select {
	case p.wake <- struct{}{}:
	default: // a wake-up is already pending
	}
	return nil
}

// Run purges when it starts, after each VideoDeleted and at every interval, until
// ctx ends. The interval covers videos whose event reached another replica, and
// failed batches. Run returns nil.
func (p *Purger) Run(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		batches, err := p.Purge(ctx)
		if err != nil && ctx.Err() == nil {
			p.Log.ErrorContext(ctx, "purge of deleted videos failed", "error", err)
		}
		if batches > 0 {
			p.Log.InfoContext(ctx, "purged deleted videos", "batches", batches)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-tick.C:
		}
	}
}

// Purge runs batches until no video is left that it can purge, and returns their
// number. Videos take turns, batch by batch, so that one with many likes does not
// delay the others, and neither does one whose batch fails.
func (p *Purger) Purge(ctx context.Context) (batches int, err error) {
	failures := map[int64]error{} // by video
	for more := true; more && ctx.Err() == nil; {
		more = false
		for fromID := int64(0); ctx.Err() == nil; {
			videoID, unliked, err := p.batch(ctx, fromID)
			if err != nil {
				failures[videoID] = err
			}
			if videoID == 0 {
				break
			}
			if err == nil {
				batches++
				more = true
			}
			fromID = videoID + 1
			pause(ctx, time.Duration(unliked)*purgePause)
		}
	}
	return batches, errs.Wrap("interaction.Purge", errors.Join(slices.Collect(maps.Values(failures))...))
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// batch runs one batch and invalidates the hot documents of the ended likes.
func (p *Purger) batch(ctx context.Context, fromID int64) (videoID int64, unliked int, err error) {
	ctx, cancel := context.WithTimeout(ctx, purgeTimeout)
	defer cancel()
	purged, err := p.Purges.PurgeBatch(ctx, fromID, purgeBatch, p.Clock().UTC())
	if err == nil && len(purged.Unliked) > 0 {
		likes := make([]ChangedLike, len(purged.Unliked))
		for i, userID := range purged.Unliked {
			likes[i] = ChangedLike{UserID: userID, VideoID: purged.VideoID, AuthorID: purged.AuthorID}
		}
		p.Hot.LikesChanged(ctx, likes...)
	}
	return purged.VideoID, len(purged.Unliked), err
}
