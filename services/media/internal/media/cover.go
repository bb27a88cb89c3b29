package media

import (
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// coverTimestamps lists the times of the candidates for the cover: every half
// second at the beginning, then every two seconds.
func coverTimestamps() []Timestamps {
	near := Timestamps{Every: 500 * time.Millisecond, Count: 20, Name: "near%03d.jpg"}
	return []Timestamps{near, {From: near.Until(), Every: 2 * time.Second, Count: 145, Name: "far%03d.jpg"}}
}

// findCover picks the cover from the thumbnails.
func (w *work) findCover() error {
	index := Pick(w.made.Thumbnails)
	if index < 0 {
		return Fail(videov1.FailureUnreadable, "no frame decoded")
	}
	w.cover = w.made.Thumbnails[index].JPEG
	return nil
}
