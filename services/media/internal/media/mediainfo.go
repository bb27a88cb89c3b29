package media

import (
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract/videofile"
)

// Container is a file format that is taken.
type Container string

// The containers.
const (
	ContainerMP4      Container = "mp4" // and MOV
	ContainerMatroska Container = "matroska"
)

// File is a source in a folder.
type File struct {
	Folder    string
	Name      string
	Container Container
}

// Info is what the header of a file says, which need not be true.
type Info struct {
	Container Container
	QuickTime bool          // of the MP4 family, but not an MP4
	Duration  time.Duration // 0: not said
	Bytes     int64
	Video     *VideoStream // nil: none that could be used
	Audio     *AudioStream // nil: likewise
	Others    int          // streams beside these two

	UnusableVideo string // codec of a picture that cannot be decoded here
	UnusableAudio string

	FastStart   bool // the header comes before the data
	HasMetadata bool // it may say where it was recorded
}

// VideoStream is a video stream.
type VideoStream struct {
	Stream   int
	Codec    string
	EightBit bool // 8 bits, 4:2:0
	Stored   Size // as it is coded
	Shown    Size // rotated, in square pixels
	Square   bool // its pixels are
	Rate     Rate
	HDR      bool
	Duration time.Duration // 0: not said
}

// AudioStream is an audio stream.
type AudioStream struct {
	Stream   int
	Codec    string
	LC       bool // AAC-LC
	Channels int
	Hertz    int
	Duration time.Duration // 0: not said
}

// Size is in pixels.
type Size struct {
	Width, Height int
}

// Short is the shorter side.
func (s Size) Short() int { return min(s.Width, s.Height) }

// Long is the longer side.
func (s Size) Long() int { return max(s.Width, s.Height) }

// Rate is a number of frames per second.
type Rate struct {
	Num, Den int
}

// PerSecond is 0 for a rate that is not known.
func (r Rate) PerSecond() float64 {
	if r.Num <= 0 || r.Den <= 0 {
		return 0
	}
	return float64(r.Num) / float64(r.Den)
}

// ContainerOf finds the container by the first bytes of a file. No other demuxer
// is tried, above all none for playlists and scripts.
func ContainerOf(head []byte) (Container, bool) {
	switch videofile.ContentType(head) {
	case videofile.MP4:
		return ContainerMP4, true
	case videofile.WebM, videofile.Matroska:
		return ContainerMatroska, true
	}
	return "", false
}
