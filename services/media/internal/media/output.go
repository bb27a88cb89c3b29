package media

import (
	"fmt"
	"os"
	"time"
)

// Order is a source and the plan of its outputs.
type Order struct {
	File
	Info       Info
	Plan       Plan
	Thumbnails []Timestamps
}

// Output describes the files that the transcoder made, in the folder of the source.
type Output struct {
	Play       string // name of the file; empty if the source is kept
	Tracks     []OutputTrack
	Duration   time.Duration // of the decoded video
	Audio      time.Duration // duration of the decoded audio; 0: none
	Thumbnails []Thumbnail   // in the order of their times
	Clean      bool          // the source decoded without errors
}

// duration is that of the longer stream.
func (m Output) duration() time.Duration { return max(m.Duration, m.Audio) }

// OpenOutput opens a regular file that a program made in a folder. A program that
// was exploited by a source may have made a link to another file, or a pipe that
// would block the reader.
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

// OutputTrack is a file with one track, and the pieces that are its header and its
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

// Duration is the sum of the durations of the segments.
func (t OutputTrack) Duration() time.Duration {
	var d time.Duration
	for _, s := range t.Segments {
		d += s.Duration
	}
	return d
}

// Piece is a range of bytes of a file.
type Piece struct {
	Offset, Length int64
}

// OutputSegment is one segment of a track.
type OutputSegment struct {
	Piece
	Duration time.Duration
}

// Track is a track as the index describes it.
type Track struct {
	OutputTrack
	Init          Object
	Objects       []Object // of the segments
	Peak, Average int64    // bits per second
}

// bandwidth is the peak and the average of a track in bits per second. Segments of
// less than half the longest duration, such as the last one, do not count for the
// peak.
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
