package media

import (
	"context"
	"time"
)

// findCover looks closely at the beginning, and where that shows nothing, at
// single frames of a longer stretch.
func (w *work) findCover(ctx context.Context) error {
	beginning := StillsOrder{
		File: w.file(), Stream: w.film.Picture.Stream, Size: w.plan.Cover,
		Every: 500 * time.Millisecond, Count: 20, Name: "near%03d.jpg",
	}
	near, err := w.ports.Transcoder.Stills(ctx, beginning)
	if err != nil {
		return err
	}
	index, shows := Pick(near)
	if shows {
		w.cover = near[index].JPEG
		return nil
	}
	longer := beginning
	longer.Every, longer.Count, longer.KeyOnly, longer.Name = 2*time.Second, 150, true, "far%03d.jpg"
	far, err := w.ports.Transcoder.Stills(ctx, longer)
	if err != nil && (reasonOf(err) == "" || index < 0) {
		return err
	}
	all := append(near, far...)
	if index, _ = Pick(all); index < 0 {
		return Fail(Unreadable, "no picture could be decoded")
	}
	w.cover = all[index].JPEG
	return nil
}
