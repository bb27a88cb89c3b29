package media

import (
	"math"
	"time"
)

// Timestamps lists the times of thumbnails.
type Timestamps struct {
	From  time.Duration // of the source
	Every time.Duration
	Count int    // at most
	Name  string // of the JPEGs, with a %03d
}

// Until is the end of the range that contains all of them.
func (m Timestamps) Until() time.Duration { return m.From + m.Every*time.Duration(m.Count) }

// Thumbnail is a frame of a source in two forms.
type Thumbnail struct {
	Gray []byte // small and gray, one byte per pixel
	JPEG string // name of the file
}

const (
	darkest  = 24  // minimum of the mean brightness; 16 is black
	lightest = 228 // maximum of the mean brightness
	flattest = 8   // minimum of the standard deviation; 0 is a single colour
)

// look is the mean brightness of a thumbnail and its standard deviation.
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

// Pick returns the index of the first thumbnail that is neither dark, white nor of
// one colour, otherwise of the one with the greatest deviation, or -1.
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
