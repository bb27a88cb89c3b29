package video

import (
	"context"
	"errors"
	"math"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Result describes the outputs of an attempt.
type Result struct {
	SourceSHA256 [32]byte // of the source as the worker read it
	Play         *Object  // nil: players get the source
	Cover        Object
	HLS          *Object // nil: no renditions
	DurationMs   int64
	Width        int // pixels, as shown
	Height       int
}

// FinishJob makes a video ready. Every reader who sees it ready finds it in the
// feed and in the count of its author's works, even before FinishJob returns. A
// repeated call succeeds and changes nothing.
// Errors: ErrRequestInvalid, ErrJobLost, ErrObjectInvalid.
func (s *Service) FinishJob(ctx context.Context, videoID, attempt int64, r Result) error {
	const op = "video.FinishJob"
	if attempt <= 0 || r.DurationMs < 0 || !pixels(r.Width) || !pixels(r.Height) {
		return errs.Wrap(op, ErrRequestInvalid)
	}
	author, err := s.authorOf(ctx, videoID)
	if errors.Is(err, ErrVideoUnknown) {
		err = ErrJobLost
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	// A repeated call invalidates again: the program may have died in the first one.
	return s.Hot.Change(ctx, author, func(ctx context.Context) error {
		return s.changeJob(ctx, op, videoID, func(c *Lifecycle) error {
			if c.Video.State == StateReady && c.Video.Attempt == attempt {
				return nil
			}
			if !c.heldBy(attempt) {
				return ErrJobLost
			}
			if !c.takes(attempt, r) {
				return ErrObjectInvalid
			}
			s.finish(c, attempt, r)
			return nil
		})
	})
}

func pixels(n int) bool { return n > 0 && n <= math.MaxInt32 }

// takes reports whether a result was made from the uploaded bytes, and whether the
// attempt reserved all of its objects, so that they have a row whatever happens. A
// direct upload has no checksum to compare with.
func (c *Lifecycle) takes(attempt int64, r Result) bool {
	source := c.Video.Source
	if source.Layout == LayoutParts && r.SourceSHA256 != source.SHA256 {
		return false
	}
	reserved := map[string]int{}
	if outputs := c.outputsOf(attempt); outputs != nil {
		for _, e := range outputs.Extents {
			reserved[e.Key] = e.Parts
		}
	}
	fits := func(o Object) bool {
		return o.Layout == source.Layout && o.Size > 0 && o.PartSize >= 1 && o.PartSize <= mostPiece && o.Parts() <= reserved[o.Key]
	}
	switch {
	case !fits(r.Cover), r.Cover.ContentType != "image/jpeg":
		return false
	case r.Play != nil && (!fits(*r.Play) || r.Play.ContentType != mp4):
		return false
	case r.HLS != nil && (!fits(*r.HLS) || !hasType(*r.HLS, "application")):
		return false
	}
	return true
}

const mp4 = "video/mp4"

// finish sets the result of a video and discards an earlier one.
func (s *Service) finish(c *Lifecycle, attempt int64, r Result) {
	c.discard(s.graceEnds(c), func(o Outputs) bool { return o.Attempt != attempt })
	c.Job = nil
	v := &c.Video
	v.Source.SHA256 = r.SourceSHA256
	v.Play, v.Cover, v.HLS = r.Play, &r.Cover, r.HLS
	if v.Play == nil { // the worker verified that the source is an MP4
		play := v.Source
		play.ContentType = mp4
		v.Play = &play
	}
	v.DurationMs, v.Width, v.Height, v.Attempt = r.DurationMs, r.Width, r.Height, attempt
	if v.State != StateReady {
		v.State, v.ShownAtMs = StateReady, c.NowMs
	}
	c.publish(EventReady)
}
