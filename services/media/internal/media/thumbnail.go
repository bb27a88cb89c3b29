package media

import (
	"math"
	"time"
)

// Timestamps lists the times of a source to grab thumbnails at.
type Timestamps struct {
	From  time.Duration // of the source
	Every time.Duration
	Count int    // at most
	Name  string // of the JPEGs, with a %03d
}

// Until is where the stretch of the source ends that has them all.
func (m Timestamps) Until() time.Duration { return m.From + m.Every*time.Duration(m.Count) }

// Thumbnail is one moment of a source.
type Thumbnail struct {
	Gray []byte // one byte for each pixel of a small picture
	JPEG string // name of the file
}

const (
	darkest  = 24 // mean brightness of a picture that shows something, 16 is black
	lightest = 228
	flattest = 8 // deviation of a picture that is not all one colour
)

// look is the mean brightness of a picture and how much it varies.
func look(gray []byte) (mean, deviation float64) {
	if len(gray) == 0 {
		return 0, 0
	}
	var sum, squares float64
	for _, g := range gray {
		sum += float64(g)
		squares += float64(g) * float64(g)
	}
	n := float64(len(gray))
	mean = sum / n
	return mean, math.Sqrt(max(0, squares/n-mean*mean))
}

// Pick chooses the first picture that shows something, or else the one that
// varies most. It is -1 where there is none.
func Pick(thumbnails []Thumbnail) int {
	best, most := -1, -1.0
	for i, thumbnail := range thumbnails {
		mean, deviation := look(thumbnail.Gray)
		if mean >= darkest && mean <= lightest && deviation >= flattest {
			return i
		}
		if deviation > most {
			best, most = i, deviation
		}
	}
	return best
}
