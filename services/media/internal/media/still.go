package media

import (
	"math"
	"time"
)

// Moments are those of a film of which there are to be stills.
type Moments struct {
	From  time.Duration // of the film
	Every time.Duration
	Count int    // at most
	Name  string // of the JPEGs, with a %03d
}

// Until is where the stretch of the film ends that has them all.
func (m Moments) Until() time.Duration { return m.From + m.Every*time.Duration(m.Count) }

// Still is one moment of a film.
type Still struct {
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
func Pick(stills []Still) int {
	best, most := -1, -1.0
	for i, still := range stills {
		mean, deviation := look(still.Gray)
		if mean >= darkest && mean <= lightest && deviation >= flattest {
			return i
		}
		if deviation > most {
			best, most = i, deviation
		}
	}
	return best
}
