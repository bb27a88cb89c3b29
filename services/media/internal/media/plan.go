package media

import (
	"math"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Limits bounds sources and outputs.
type Limits struct {
	MaxDuration time.Duration
	MaxPixels   int           // of one frame
	MaxSide     int           // pixels of the longer side
	MinSide     int           // pixels of the shorter side
	MaxBitrate  int64         // bits per second of a source that is published unchanged
	Heights     []int         // shorter sides of the renditions, descending
	MaxWork     time.Duration // of one job, after the source was fetched
}

const (
	playSide   = 1080 // maximum of the shorter side of an MP4
	coverSide  = 720  // maximum of the longer side of a cover
	maxRate    = 60   // frames per second
	minRate    = 10   // with fewer, segments cannot begin every few seconds
	rateSlack  = 0.5  // tolerance for cameras that miss their rate
	twoTracks  = 240  // shorter side from which a second rendition is useful
	lowestSide = 180  // of that rendition, if no configured one is small enough
)

// Plan says which outputs to make of a source.
type Plan struct {
	Keep      bool // players get the source; the next three fields are unused
	CopyVideo bool // into the MP4 without encoding
	CopyAudio bool
	Play      Size // of the MP4

	Shown  Size   // published size of the video
	Rate   Rate   // of encoded streams
	Tracks []Size // of video, the greatest first
	Cover  Size
	Until  time.Duration // the source is read up to here
	Pad    time.Duration // for which the last frame is repeated, if the audio is longer
}

// copies reports whether a stream is copied without encoding. That may fail.
func (p Plan) copies() bool { return !p.Keep && (p.CopyVideo || p.CopyAudio) }

// encodeAll is the plan with every stream encoded, which always works.
func (p Plan) encodeAll() Plan {
	p.Keep, p.CopyVideo, p.CopyAudio = false, false, false
	p.Shown = p.Play
	return p
}

// Decide plans the outputs of a source by its header. It returns a Failure for a
// source that is not accepted.
func Decide(f Info, l Limits) (Plan, error) {
	if err := admit(f, l); err != nil {
		return Plan{}, err
	}
	stream := *f.Video
	plan := Plan{
		Play:   within(stream.Shown, playSide, l.MaxSide),
		Shown:  stream.Shown,
		Rate:   outputRate(stream.Rate),
		Tracks: ladder(stream.Shown, l),
		Cover:  within(stream.Shown, coverSide, coverSide),
		Until:  l.MaxDuration + time.Second, // one second more shows that a source is too long
		Pad:    padding(f),
	}
	videoFits := stream.Codec == "h264" && stream.EightBit && stream.Square &&
		stream.Shown.Short() <= playSide && stream.Rate.PerSecond() <= maxRate+rateSlack && f.withinBitrate(l.MaxBitrate)
	audioFits := f.Audio == nil || f.Audio.Codec == "aac" && f.Audio.LC && f.Audio.Channels <= 2
	switch {
	case videoFits && audioFits && f.servable():
		plan.Keep = true
	case videoFits:
		plan.CopyVideo, plan.CopyAudio = true, audioFits && f.Audio != nil
	default:
		plan.CopyAudio = audioFits && f.Audio != nil
		plan.Shown = plan.Play
	}
	return plan, nil
}

// padding is the time by which the audio is longer than the video, or 0 if the
// difference is only the length of their frames.
func padding(f Info) time.Duration {
	const frames = 200 * time.Millisecond
	if f.Audio == nil || f.Video.Duration == 0 || f.Audio.Duration < f.Video.Duration+frames {
		return 0
	}
	return f.Audio.Duration - f.Video.Duration
}

func admit(f Info, l Limits) error {
	switch {
	case f.Video == nil && f.UnusableVideo != "":
		return Fail(videov1.FailureCodec, "video in %s", f.UnusableVideo)
	case f.Video == nil:
		return Fail(videov1.FailureNoPicture, "no video stream")
	case f.Audio == nil && f.UnusableAudio != "":
		return Fail(videov1.FailureCodec, "audio in %s", f.UnusableAudio)
	case f.Duration > l.MaxDuration:
		return Fail(videov1.FailureTooLong, "%v", f.Duration)
	}
	size := f.Video.Stored
	if size.Width <= 0 || size.Height <= 0 {
		return Fail(videov1.FailureUnreadable, "video of unknown size")
	}
	if size.Short() < l.MinSide || size.Long() > l.MaxSide || size.Width*size.Height > l.MaxPixels || f.Video.Shown.Short() < 2 {
		return Fail(videov1.FailureDimensions, "%dx%d", size.Width, size.Height)
	}
	return nil
}

// servable reports whether the file, apart from its codecs, can be published: the
// header comes first, and it contains nothing but video and audio.
func (f Info) servable() bool {
	return f.Container == ContainerMP4 && !f.QuickTime && f.FastStart && !f.HasMetadata && f.Others == 0
}

// withinBitrate reports whether the duration is known and the bit rate is low enough.
func (f Info) withinBitrate(maxBitrate int64) bool {
	return f.Duration > 0 && float64(f.Bytes)*8/f.Duration.Seconds() <= float64(maxBitrate)
}

// within scales a size down until both sides respect their limits. Both sides are
// even, because H.264 requires it.
func within(s Size, short, long int) Size {
	factor := min(1, float64(short)/float64(s.Short()), float64(long)/float64(s.Long()))
	return Size{even(float64(s.Width) * factor), even(float64(s.Height) * factor)}
}

func even(pixels float64) int { return max(2, 2*int(math.Round(pixels/2))) }

// ladder lists the sizes of the video tracks: the greatest that the source
// justifies, then the configured ones below it, or a small one if there is none.
func ladder(shown Size, l Limits) []Size {
	sizes := []Size{within(shown, l.Heights[0], l.MaxSide)}
	top := sizes[0].Short()
	if top < twoTracks {
		return sizes
	}
	for _, height := range l.Heights[1:] {
		if height < top {
			sizes = append(sizes, within(shown, height, l.MaxSide))
		}
	}
	if len(sizes) == 1 {
		sizes = append(sizes, within(shown, lowestSide, l.MaxSide))
	}
	return sizes
}

// outputRate keeps the frame rate of a source if phones can play it.
func outputRate(r Rate) Rate {
	switch fps := r.PerSecond(); {
	case fps == 0:
		return Rate{30, 1}
	case fps > maxRate:
		return Rate{maxRate, 1}
	case fps < minRate:
		return Rate{minRate, 1}
	default:
		return r
	}
}
