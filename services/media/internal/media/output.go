package media

import (
	"fmt"
	"os"
	"time"
)

// Order asks for what a plan says to make.
type Order struct {
	File
	Info       Info
	Plan       Plan
	Thumbnails []Timestamps
}

// Output is what the transcoder made, in the folder of the source.
type Output struct {
	Play       string // name of the file, empty where the source is kept
	Tracks     []OutputTrack
	Duration   time.Duration // of the pictures, as they came out
	Audio      time.Duration // likewise; 0: there is none
	Thumbnails []Thumbnail   // in the order of their moments
	Clean      bool          // nothing of the source was found damaged
}

// plays is for how long there is something to see or to hear.
func (m Output) plays() time.Duration { return max(m.Duration, m.Audio) }

// OpenOutput opens a file that a program made in a folder. One that source makers
// got hold of may have left a link to somewhere else, or a pipe that nobody
// writes to.
func OpenOutput(folder, name string) (*os.File, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file: %v", name, info.Mode())
	}
	return root.Open(name)
}

// OutputTrack is one track in one file, with the places of its header and of its
// segments.
type OutputTrack struct {
	Name     string // of the track
	File     string
	Size     Size
	Rate     Rate
	Codecs   string
	Header   Piece
	Segments []OutputSegment
	IsVideo  bool
}

// Duration is that of all segments together.
func (t OutputTrack) Duration() time.Duration {
	var d time.Duration
	for _, s := range t.Segments {
		d += s.Duration
	}
	return d
}

// Piece is a stretch of a file.
type Piece struct {
	Offset, Length int64
}

// OutputSegment is one segment of a track.
type OutputSegment struct {
	Piece
	Duration time.Duration
}

// Track is a track as the index has it.
type Track struct {
	OutputTrack
	Init          Object
	Objects       []Object // of the segments
	Peak, Average int64    // bits per second
}

// bandwidth is the peak and the average of a track in bits per second. A
// segment of less than half the usual duration, as the last one may be, makes
// no peak.
func bandwidth(segments []OutputSegment) (peak, average int64) {
	var bytes int64
	var longest, total time.Duration
	for _, s := range segments {
		bytes, total, longest = bytes+s.Length, total+s.Duration, max(longest, s.Duration)
	}
	for _, s := range segments {
		if s.Duration > 0 && 2*s.Duration >= longest {
			peak = max(peak, bitsPerSecond(s.Length, s.Duration))
		}
	}
	average = bitsPerSecond(bytes, total)
	return max(peak, average), average
}

func bitsPerSecond(bytes int64, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64(float64(bytes) * 8 / d.Seconds())
}
