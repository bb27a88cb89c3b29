package media

import (
	"math"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Limits are what a source may be, and what is made of it.
type Limits struct {
	MaxDuration time.Duration
	MaxPixels   int   // of one frame
	MaxSide     int   // pixels of the longer side
	MinSide     int   // pixels of the shorter side
	MaxBitrate  int64 // bits per second of a file that is played as it is
	Heights     []int // of renditions, by the shorter side, the greatest first
	MaxWork     time.Duration
}

const (
	playSide   = 1080 // the shorter side of an MP4, at most
	coverSide  = 720  // the longer side of a cover, at most
	maxRate    = 60   // frames per second
	minRate    = 10   // so that a segment can begin every few seconds
	rateSlack  = 0.5  // that a camera is off its rate
	twoTracks  = 240  // pixels of height from which a smaller rendition is of use
	lowestSide = 180  // of that rendition, where no configured one is small enough
)

// Plan says which outputs to make of a source.
type Plan struct {
	Keep      bool // the source is what players get; nothing of the next three
	CopyVideo bool // into the MP4, as it is coded
	CopyAudio bool
	Play      Size // of the MP4

	Shown  Size   // what the video is said to be
	Rate   Rate   // of all that is coded anew
	Tracks []Size // of pictures, the greatest first
	Cover  Size
	Until  time.Duration // nothing behind it is read
	Pad    time.Duration // how long the last picture stays, for sound that is longer
}

// copies says that a stream is taken as it is coded, which may turn out not to
// work.
func (p Plan) copies() bool { return !p.Keep && (p.CopyVideo || p.CopyAudio) }

// anew is the plan with everything coded anew, which always works.
func (p Plan) anew() Plan {
	p.Keep, p.CopyVideo, p.CopyAudio = false, false, false
	p.Shown = p.Play
	return p
}

// Decide refuses a source for what its header says, or plans what to make of it.
func Decide(f Info, l Limits) (Plan, error) {
	if err := admit(f, l); err != nil {
		return Plan{}, err
	}
	picture := *f.Video
	plan := Plan{
		Play:   within(picture.Shown, playSide, l.MaxSide),
		Shown:  picture.Shown,
		Rate:   outputRate(picture.Rate),
		Tracks: ladder(picture.Shown, l),
		Cover:  within(picture.Shown, coverSide, coverSide),
		Until:  l.MaxDuration + time.Second, // what is longer is seen to be
		Pad:    padding(f),
	}
	pictureFits := picture.Codec == "h264" && picture.EightBit && picture.Square &&
		picture.Shown.Short() <= playSide && picture.Rate.PerSecond() <= maxRate+rateSlack && f.withinBitrate(l.MaxBitrate)
	soundFits := f.Audio == nil || f.Audio.Codec == "aac" && f.Audio.LC && f.Audio.Channels <= 2
	switch {
	case pictureFits && soundFits && f.servable():
		plan.Keep = true
	case pictureFits:
		plan.CopyVideo, plan.CopyAudio = true, soundFits && f.Audio != nil
	default:
		plan.CopyAudio = soundFits && f.Audio != nil
		plan.Shown = plan.Play
	}
	return plan, nil
}

// padding is how much longer the sound is than the pictures, where that is more than
// the frames that both are counted in.
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

// servable says that a file, not what is coded in it, is fit to be played: the
// header first, nothing in it that nobody asked to publish.
func (f Info) servable() bool {
	return f.Container == ContainerMP4 && !f.QuickTime && f.FastStart && !f.HasMetadata && f.Others == 0
}

// withinBitrate reports whether the duration is known and the bit rate is low enough.
func (f Info) withinBitrate(maxBitrate int64) bool {
	return f.Duration > 0 && float64(f.Bytes)*8/f.Duration.Seconds() <= float64(maxBitrate)
}

// within scales a size down until neither side is over its limit. Both sides
// are even, as the codec wants them.
func within(s Size, short, long int) Size {
	factor := min(1, float64(short)/float64(s.Short()), float64(long)/float64(s.Long()))
	return Size{even(float64(s.Width) * factor), even(float64(s.Height) * factor)}
}

func even(pixels float64) int { return max(2, 2*int(math.Round(pixels/2))) }

// ladder is the sizes of the tracks: the greatest that the source is worth, then
// those below it that are configured, or one that is small.
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

// outputRate keeps the rate of a source where a phone can follow it.
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
