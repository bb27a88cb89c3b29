package media

import (
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract/videofile"
)

// Container is an accepted file format.
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

// Info is the header of a source. It need not be true.
type Info struct {
	Container Container
	QuickTime bool          // a MOV
	Duration  time.Duration // 0: unknown
	Bytes     int64
	Video     *VideoStream // nil: no usable one
	Audio     *AudioStream // nil: no usable one
	Others    int          // other streams

	UnusableVideo string // codec of the first video stream that cannot be decoded here
	UnusableAudio string // likewise of audio

	FastStart   bool // the header comes before the data
	HasMetadata bool // it may contain the place of recording
}

// VideoStream is a video stream.
type VideoStream struct {
	Stream   int
	Codec    string
	EightBit bool // 8 bits, 4:2:0
	Stored   Size // of a coded frame
	Shown    Size // after rotation, in square pixels
	Square   bool // pixels are square
	Rate     Rate
	HDR      bool
	Duration time.Duration // 0: unknown
}

// AudioStream is an audio stream.
type AudioStream struct {
	Stream   int
	Codec    string
	LC       bool // AAC-LC
	Channels int
	Hertz    int
	Duration time.Duration // 0: unknown
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

// PerSecond is 0 if the rate is unknown.
func (r Rate) PerSecond() float64 {
	if r.Num <= 0 || r.Den <= 0 {
		return 0
	}
	return float64(r.Num) / float64(r.Den)
}

// ContainerOf recognizes the container by the first bytes of a file. Other formats
// are refused, so no demuxer for playlists or scripts ever reads a source.
func ContainerOf(head []byte) (Container, bool) {
	switch videofile.ContentType(head) {
	case videofile.MP4:
		return ContainerMP4, true
	case videofile.WebM, videofile.Matroska:
		return ContainerMatroska, true
	}
	return "", false
}
