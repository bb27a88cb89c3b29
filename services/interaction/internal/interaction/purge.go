package interaction

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// purgeBatch is how many likes or comments end in one transaction: few
	// enough that nobody waits long for the counts it holds.
	purgeBatch = 200
	// purgeTimeout bounds one batch.
	purgeTimeout = 10 * time.Second
	// markTimeout bounds the marking of a deleted video, within the time that
	// the handler of an event has.
	markTimeout = 2 * time.Second
)

// Purges keeps which videos are gone, and ends what is left of them.
type Purges interface {
	// MarkVideoDeleted remembers for good that a video is gone, together with the purge
	// that is due. From then on nothing can be added to it: SetLike and
	// AddComment answer ErrVideoUnknown. A repetition changes nothing.
	MarkVideoDeleted(ctx context.Context, videoID int64, at time.Time) error
	// PurgeBatch ends at most limit likes or comments of one video, each exactly
	// as if its user had done so. It takes the first video with an id of at least
	// fromID that is to be purged and that no other purge is at. Of a video with
	// nothing left it forgets the purge. A failure names the video too, where
	// there is one to blame.
	PurgeBatch(ctx context.Context, fromID int64, limit int, at time.Time) (PurgeResult, error)
}

// PurgeResult is what a batch did.
type PurgeResult struct {
	VideoID  int64   // 0: there was no video to take
	AuthorID int64   // whose video, where likes ended
	Unliked  []int64 // users whose likes ended
}

// Memory remembers videos.
type AuthorCache interface {
	// Forget drops what is remembered of a video.
	Forget(videoID int64)
}

// PurgerPorts is all that a purger needs; every field is required.
type PurgerPorts struct {
	Purges  Purges
	Authors AuthorCache
	Hot     Hot
	Clock   func() time.Time
	Log     *slog.Logger
}

// Purger ends the likes and comments of videos that were deleted. Any number of
// replicas may have one: a batch is one transaction, and what a process leaves
// undone when it dies the next round goes on with.
type Purger struct {
	PurgerPorts
	wake chan struct{}
}

// NewPurger makes one; Run is its work.
func NewPurger(p PurgerPorts) *Purger {
	return &Purger{PurgerPorts: p, wake: make(chan struct{}, 1)}
}

// VideoDeleted takes note that a video is gone, in a short transaction, and
// leaves the rest to Run. It may be repeated, at any time.
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
	default: // it is going to look anyway
	}
	return nil
}

// Run purges at the start, whenever a video was deleted and at every interval,
// which makes up for wake-ups that other replicas had and for failures, until
// ctx ends. It returns nil.
func (p *Purger) Run(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		batches, err := p.Purge(ctx)
		if err != nil && ctx.Err() == nil {
			p.Log.ErrorContext(ctx, "purging deleted videos failed", "error", err)
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

// Purge works until nothing is left that it can purge, and tells how many
// batches that took. A video whose batch fails is left for the next time and
// keeps no other waiting.
func (p *Purger) Purge(ctx context.Context) (batches int, err error) {
	var failures []error
	for fromID := int64(0); ctx.Err() == nil; {
		videoID, err := p.batch(ctx, fromID)
		fromID = videoID
		if err != nil {
			failures = append(failures, err)
			fromID = videoID + 1
		} else if videoID > 0 {
			batches++
		}
		if videoID == 0 {
			break
		}
	}
	return batches, errs.Wrap("interaction.Purge", errors.Join(failures...))
}

// batch does one batch, with what its likes make old.
func (p *Purger) batch(ctx context.Context, fromID int64) (videoID int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, purgeTimeout)
	defer cancel()
	purged, err := p.Purges.PurgeBatch(ctx, fromID, purgeBatch, p.Clock().UTC())
	if err == nil && len(purged.Unliked) > 0 {
		p.Hot.LikesChanged(ctx, purged.AuthorID, purged.Unliked...)
	}
	return purged.VideoID, err
}
