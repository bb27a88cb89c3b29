package ffmpeg

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/mp4"
)

const (
	playFile   = "play.mp4"
	audioTrack = "audio"
	keyEvery   = 2 * time.Second // interval of key frames, and the length of a fragment
	segment    = 4 * time.Second // minimum, except for the last segment
)

// Make implements media.Transcoder, in one run that decodes the source once.
func (p *Programs) Make(ctx context.Context, o media.Order, done func(time.Duration)) (media.Output, error) {
	args := append(p.input(o.File, o.Plan.Until), "-progress", "pipe:1", "-stats_period", "1")
	args = append(args, "-filter_complex", graph(o))
	if !o.Plan.Keep {
		args = append(args, p.play(o)...)
	}
	for i, size := range o.Plan.Tracks {
		args = append(args, "-map", fmt.Sprintf("[track%d]", i))
		args = append(args, p.video(size, o.Plan.Rate)...)
		args = append(args, output("cmaf+frag_keyframe", trackFile(name(size)))...)
	}
	if o.Info.Audio != nil {
		args = append(args, "-map", fmt.Sprintf("0:%d", o.Info.Audio.Stream))
		args = append(args, p.audio(*o.Info.Audio)...)
		args = append(args, "-frag_duration", strconv.FormatInt(segment.Microseconds(), 10))
		args = append(args, output("cmaf", trackFile(audioTrack))...)
	}
	args = append(args, thumbnailOutputs(o.Thumbnails)...)
	messages, err := p.run(ctx, p.ffmpeg, o.Folder, args, &progress{done: done})
	if err := blame(messages, err); err != nil {
		return media.Output{}, err
	}
	made, err := p.collect(ctx, o)
	if err == nil {
		made.Thumbnails, err = readThumbnails(o)
	}
	made.Clean = clean(messages)
	return made, err
}

// clean reports whether there were no error messages, except about streams that are
// not used.
func clean(messages string) bool {
	for line := range strings.Lines(messages) {
		if !strings.Contains(line, "not on whitelist") && !strings.Contains(line, "Last message repeated") {
			return false
		}
	}
	return true
}

// graph converts the video to a constant frame rate from time 0, so that all outputs
// have the same frames, and scales it. ffmpeg applies the rotation before.
func graph(o media.Order) string {
	outputs := len(o.Plan.Tracks)
	encodePlay := !o.Plan.Keep && !o.Plan.CopyVideo
	if encodePlay {
		outputs++
	}
	rate := fmt.Sprintf("%d/%d", o.Plan.Rate.Num, o.Plan.Rate.Den)
	var b strings.Builder
	fmt.Fprintf(&b, "[0:%d]split=%d", o.Info.Video.Stream, 1+len(o.Thumbnails))
	for i := range o.Thumbnails {
		fmt.Fprintf(&b, "[thumbnail%d]", i)
	}
	fmt.Fprintf(&b, "[all];[all]fps=%s:start_time=0%s,split=%d", rate, padded(o.Plan.Pad), outputs)
	for i := range outputs {
		fmt.Fprintf(&b, "[s%d]", i)
	}
	branch := func(i int, size media.Size, name string) {
		fmt.Fprintf(&b, ";[s%d]scale=%d:%d%s,setsar=1,format=yuv420p[%s]", i, size.Width, size.Height, toneMapped(o.Info.Video.HDR), name)
	}
	for i, size := range o.Plan.Tracks {
		branch(i, size, fmt.Sprintf("track%d", i))
	}
	if encodePlay {
		branch(outputs-1, o.Plan.Play, "play")
	}
	return b.String() + thumbnailGraph(o)
}

// padded repeats the last frame.
func padded(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return ",tpad=stop_mode=clone:stop_duration=" + seconds(d)
}

// toneMapped maps HDR to the range of ordinary screens. Without it HDR looks pale.
func toneMapped(hdr bool) string {
	if !hdr {
		return ""
	}
	return ",zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv"
}

// play returns the options of the MP4. Streams of the plan are copied.
func (p *Programs) play(o media.Order) []string {
	var args []string
	if o.Plan.CopyVideo {
		args = append(args, "-map", fmt.Sprintf("0:%d", o.Info.Video.Stream), "-c:v", "copy")
	} else {
		args = append(args, "-map", "[play]")
		args = append(args, p.video(o.Plan.Play, o.Plan.Rate)...)
	}
	if audio := o.Info.Audio; audio != nil {
		args = append(args, "-map", fmt.Sprintf("0:%d", audio.Stream))
		if o.Plan.CopyAudio {
			args = append(args, "-c:a", "copy")
		} else {
			args = append(args, p.audio(*audio)...)
		}
	}
	return append(args, output("faststart", playFile)...)
}

func (p *Programs) video(size media.Size, rate media.Rate) []string {
	most := maxRate(size, rate)
	return []string{
		"-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-crf", "23", "-threads", strconv.Itoa(p.options.Threads),
		"-maxrate", strconv.Itoa(most), "-bufsize", strconv.Itoa(2 * most),
		"-sc_threshold", "0", "-force_key_frames", fmt.Sprintf("expr:gte(t,n_forced*%d)", int(keyEvery.Seconds())),
	}
}

// maxRate is the maximum bit rate of a video of that size and rate.
func maxRate(size media.Size, rate media.Rate) int {
	const perPixel = 0.13 // of a frame: 8 Mbit/s for 1920x1080 at 30
	bits := perPixel * float64(size.Width*size.Height) * min(rate.PerSecond(), 45)
	return int(max(bits, 150_000))
}

// audio returns the options for stereo at a sample rate that every phone plays. Gaps
// become silence.
func (p *Programs) audio(s media.AudioStream) []string {
	hertz := 48_000
	if s.Hertz == 44_100 {
		hertz = s.Hertz
	}
	return []string{
		"-c:a", "aac", "-ac", "2", "-ar", strconv.Itoa(hertz), "-b:a", "128k",
		"-af", "aresample=async=1:first_pts=0",
	}
}

// output returns the options of an output file. Metadata of the source is dropped:
// phones store the place of recording there.
func output(flags, file string) []string {
	return []string{"-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+" + flags, "-f", "mp4", "file:" + file}
}

func name(size media.Size) string { return strconv.Itoa(size.Short()) }

func trackFile(name string) string { return "track-" + name + ".mp4" }

// collect inspects the outputs. They are untrusted too, because the program that
// wrote them read an untrusted source.
func (p *Programs) collect(ctx context.Context, o media.Order) (media.Output, error) {
	var made media.Output
	if !o.Plan.Keep {
		if err := p.checkPlay(ctx, o); err != nil {
			return made, err
		}
		made.Play = playFile
	}
	for _, size := range o.Plan.Tracks {
		track, err := cut(o.Folder, name(size), "avc1.")
		if err != nil {
			return made, err
		}
		track.Size, track.Rate, track.IsVideo = size, o.Plan.Rate, true
		made.Tracks = append(made.Tracks, track)
	}
	made.Duration = made.Tracks[0].Duration()
	if o.Info.Audio != nil {
		track, err := cut(o.Folder, audioTrack, "mp4a.40.2")
		if err != nil {
			return made, err
		}
		if len(track.Segments) > 0 { // a track without samples does not count
			made.Audio = track.Duration()
			made.Tracks = append(made.Tracks, track)
		}
	}
	return made, nil
}

func (p *Programs) checkPlay(ctx context.Context, o media.Order) error {
	info, err := p.Probe(ctx, media.File{Folder: o.Folder, Name: playFile, Container: media.ContainerMP4})
	if err != nil {
		return err
	}
	size := o.Plan.Play
	if o.Plan.CopyVideo {
		size = o.Plan.Shown
	}
	switch {
	case info.Video == nil || info.Video.Codec != "h264" || !info.Video.EightBit || info.Video.Shown != size:
		return media.Fail(videov1.FailureUnreadable, "video of the MP4 is %+v, want %v", info.Video, size)
	case info.Audio != nil && (info.Audio.Codec != "aac" || !info.Audio.LC):
		return media.Fail(videov1.FailureUnreadable, "audio of the MP4 is %+v", info.Audio)
	case !info.FastStart || info.QuickTime:
		return fmt.Errorf("the MP4 is %+v", info)
	default:
		return nil
	}
}

// cut finds the segments of a track. A segment is a few fragments.
func cut(folder, name, codecs string) (media.OutputTrack, error) {
	track := media.OutputTrack{Name: name, File: trackFile(name)}
	file, err := media.OpenOutput(folder, track.File)
	if err != nil {
		return track, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return track, err
	}
	read, err := mp4.Fragments(file, info.Size())
	if err != nil {
		return track, media.Fail(videov1.FailureUnreadable, "track %s is damaged: %w", name, err)
	}
	if !strings.HasPrefix(read.Codecs, codecs) {
		return track, fmt.Errorf("track %s has codec %s", name, read.Codecs)
	}
	track.Codecs, track.Header = read.Codecs, media.Piece{Length: read.Header}
	track.Segments = group(read.Fragments)
	return track, nil
}

// group joins adjacent fragments until they have the duration of a segment.
func group(fragments []mp4.Fragment) []media.OutputSegment {
	const nearly = 10 * time.Millisecond // frame boundaries differ from full seconds
	var segments []media.OutputSegment
	for _, f := range fragments {
		if n := len(segments); n > 0 {
			last := &segments[n-1]
			if last.Duration+nearly < segment && last.Offset+last.Length == f.Offset {
				last.Length, last.Duration = last.Length+f.Length, last.Duration+f.Duration
				continue
			}
		}
		segments = append(segments, media.OutputSegment{Piece: media.Piece{Offset: f.Offset, Length: f.Length}, Duration: f.Duration})
	}
	return segments
}
