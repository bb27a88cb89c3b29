package ffmpeg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/mp4"
)

// probeTime bounds one run of ffprobe.
const probeTime = 30 * time.Second

var errProbeTime = errors.New("ffprobe took too long")

// entries selects the output of ffprobe. The other metadata may be long and private.
const entries = "stream=index,codec_type,codec_name,profile,pix_fmt,width,height,sample_aspect_ratio," +
	"avg_frame_rate,r_frame_rate,duration,channels,sample_rate,color_transfer" +
	":stream_tags=DURATION:stream_disposition=attached_pic:stream_side_data=rotation:format=duration"

type answer struct {
	Streams []stream `json:"streams"`
	Format  struct {
		Duration string `json:"duration"`
	} `json:"format"`
}

type stream struct {
	Index       int    `json:"index"`
	Type        string `json:"codec_type"`
	Codec       string `json:"codec_name"`
	Profile     string `json:"profile"`
	Pixels      string `json:"pix_fmt"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	Aspect      string `json:"sample_aspect_ratio"`
	AverageRate string `json:"avg_frame_rate"`
	BaseRate    string `json:"r_frame_rate"`
	Duration    string `json:"duration"`
	Channels    int    `json:"channels"`
	Hertz       string `json:"sample_rate"`
	Transfer    string `json:"color_transfer"`
	Disposition struct {
		Attached int `json:"attached_pic"`
	} `json:"disposition"`
	Tags struct {
		Duration string `json:"DURATION"` // of Matroska
	} `json:"tags"`
	SideData []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// Probe implements media.Transcoder.
func (p *Programs) Probe(parent context.Context, file media.File) (media.Info, error) {
	ctx, cancel := context.WithTimeoutCause(parent, probeTime, errProbeTime)
	defer cancel()
	args := p.guarded(file)
	// ffprobe stops at the first stream whose decoder is not permitted and does not
	// report the others. So it may open any decoder. That decodes nothing: decoding
	// to analyze a stream still follows the whitelist of the file.
	args = append(args, "-codec_whitelist:", p.installed)
	args = append(args, "-show_entries", entries, "-of", "json", "-i", "file:"+file.Name)
	var out bytes.Buffer
	messages, err := p.run(ctx, p.ffprobe, file.Folder, args, &out)
	if err != nil && parent.Err() == nil && errors.Is(err, errProbeTime) {
		return media.Info{}, media.Overtime(probeTime, err)
	}
	if err := blame(messages, err); err != nil {
		return media.Info{}, err
	}
	var a answer
	if err := json.Unmarshal(out.Bytes(), &a); err != nil {
		return media.Info{}, media.Fail(videov1.FailureUnreadable, "ffprobe: %w", err)
	}
	info := mediaInfoOf(a)
	info.Container = file.Container
	// A decoder that refuses a frame by its size does not report the size.
	if info.Video != nil && info.Video.Stored == (media.Size{}) && strings.Contains(messages, tooManyPixels) {
		return media.Info{}, media.Fail(videov1.FailureDimensions, "%s", excerpt(messages))
	}
	err = inspect(&info, filepath.Join(file.Folder, file.Name))
	return info, err
}

// inspect adds facts about the file itself.
func inspect(info *media.Info, path string) error {
	file, err := os.Open(path) //nolint:gosec // in the folder of the job
	if err != nil {
		return err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return err
	}
	info.Bytes = stat.Size()
	if info.Container == media.ContainerMP4 {
		look := mp4.Inspect(file, stat.Size())
		info.FastStart, info.QuickTime, info.HasMetadata = look.FastStart, look.QuickTime, look.HasMetadata
	}
	return nil
}

// mediaInfoOf describes the first usable video and audio streams.
func mediaInfoOf(a answer) media.Info {
	info := media.Info{Duration: duration(a.Format.Duration)}
	video, audio := decoders()
	for _, s := range a.Streams {
		info.Duration = max(info.Duration, s.duration())
		switch {
		case s.Type == "video" && s.Disposition.Attached != 0:
			info.Others++
		case s.Type == "video" && info.Video == nil && video[s.Codec] != "":
			info.Video = videoOf(s)
		case s.Type == "audio" && info.Audio == nil && audio[s.Codec] != "":
			hertz, _ := strconv.Atoi(s.Hertz) // 0: unknown
			info.Audio = &media.AudioStream{Stream: s.Index, Codec: s.Codec, LC: s.Profile == "LC", Channels: s.Channels, Hertz: hertz, Duration: s.duration()}
		default:
			info.Others++
			if s.Type == "video" && info.UnusableVideo == "" {
				info.UnusableVideo = known(s.Codec)
			}
			if s.Type == "audio" && info.UnusableAudio == "" {
				info.UnusableAudio = known(s.Codec)
			}
		}
	}
	return info
}

func known(codec string) string {
	if codec == "" {
		return "unknown"
	}
	return codec
}

func videoOf(s stream) *media.VideoStream {
	width, height := float64(s.Width), float64(s.Height)
	aspect := ratio(s.Aspect)
	square := math.Abs(aspect-1) < 0.01
	if !square {
		width *= aspect
	}
	for _, data := range s.SideData {
		if turn := math.Mod(math.Abs(data.Rotation), 180); math.Abs(turn-90) < 1 {
			width, height = height, width
		}
	}
	rate := rateOf(s.AverageRate)
	// A base rate near the average is the rate the camera was set to. Otherwise it
	// is only the finest difference of two timestamps.
	if base := rateOf(s.BaseRate); base.PerSecond() > 0 && math.Abs(base.PerSecond()-rate.PerSecond()) < 0.1*rate.PerSecond() {
		rate = base
	}
	return &media.VideoStream{
		Stream: s.Index, Codec: s.Codec, EightBit: s.Pixels == "yuv420p" || s.Pixels == "yuvj420p",
		Stored: media.Size{Width: s.Width, Height: s.Height},
		Shown:  media.Size{Width: int(math.Round(width)), Height: int(math.Round(height))},
		Square: square, Rate: rate,
		HDR:      s.Transfer == "smpte2084" || s.Transfer == "arib-std-b67",
		Duration: s.duration(),
	}
}

// ratio parses "4:3". Implausible ratios count as square pixels.
func ratio(text string) float64 {
	num, den, _ := strings.Cut(text, ":")
	a, errA := strconv.ParseFloat(num, 64)
	b, errB := strconv.ParseFloat(den, 64)
	if errA != nil || errB != nil || a <= 0 || b <= 0 || a/b < 0.25 || a/b > 4 {
		return 1
	}
	return a / b
}

func rateOf(text string) media.Rate {
	num, den, _ := strings.Cut(text, "/")
	a, errA := strconv.Atoi(num)
	b, errB := strconv.Atoi(den)
	if errA != nil || errB != nil {
		return media.Rate{}
	}
	return media.Rate{Num: a, Den: b}
}

// duration of a stream: in seconds, or in Matroska as hours:minutes:seconds.
func (s stream) duration() time.Duration {
	if s.Duration != "" {
		return duration(s.Duration)
	}
	var seconds float64
	for _, digits := range strings.Split(s.Tags.Duration, ":") {
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return 0
		}
		seconds = 60*seconds + n
	}
	return countable(seconds)
}

// duration parses seconds; unknown ones are 0.
func duration(text string) time.Duration {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return countable(seconds)
}

// countable converts seconds. Durations that do not fit become the longest one.
func countable(seconds float64) time.Duration {
	switch {
	case !(seconds > 0):
		return 0
	case seconds >= math.MaxInt64/float64(time.Second):
		return math.MaxInt64
	default:
		return time.Duration(seconds * float64(time.Second))
	}
}
