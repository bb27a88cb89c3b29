package media

import (
	"context"
	"time"
)

// near is where a cover is looked for: closely at the beginning, where all frames
// are decoded anyway. far is where it is, if that shows nothing.
func near() Moments { return Moments{Every: 500 * time.Millisecond, Count: 20, Name: "near%03d.jpg"} }
func far() Moments  { return Moments{Every: 2 * time.Second, Count: 150, Name: "far%03d.jpg"} }

// findCover chooses the cover among the stills of the beginning, and where these
// show nothing, among those of a longer stretch too.
func (w *work) findCover(ctx context.Context) error {
	stills := w.made.Stills
	index, shows := Pick(stills)
	if !shows {
		more, err := w.ports.Transcoder.Stills(ctx, w.order(far()))
		if err != nil && (reasonOf(err) == "" || index < 0) {
			return err
		}
		stills = append(stills, more...)
		if index, _ = Pick(stills); index < 0 {
			return Fail(Unreadable, "no picture could be decoded")
		}
	}
	w.cover = stills[index].JPEG
	return nil
}
