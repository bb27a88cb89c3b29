// Package ffmpeg probes and transcodes sources with the programs ffmpeg and
// ffprobe. Sources are untrusted, so the programs do not guess: each run names the
// demuxer and the permitted decoders, permits only files and pipes as protocols,
// and follows no reference to another file. They also run in a sandbox, in case a
// decoder is exploited.
package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

// Options bounds the resources of one run.
type Options struct {
	Temp      string        // parent of the folder of the self-test; empty: the system's
	Threads   int           // of each decoder and encoder
	Memory    uint64        // bytes of address space
	MaxOutput uint64        // bytes of all outputs of one source
	MaxPixels int           // of a frame
	MaxWork   time.Duration // of one job
}

// Programs runs ffmpeg and ffprobe.
type Programs struct {
	box             *sandbox.Box
	ffmpeg, ffprobe string
	installed       string // all installed decoders, comma-separated
	options         Options
}

var _ media.Transcoder = (*Programs)(nil)

const (
	openFiles   = 64
	maxAlloc    = 256 << 20 // bytes of one allocation: several frames of the greatest size
	maxMessages = 16 << 10  // bytes of kept messages
	maxAnswer   = 4 << 20   // bytes of collected output
)

// New finds the programs and tests that they run and have the encoders.
func New(ctx context.Context, box *sandbox.Box, options Options) (*Programs, error) {
	p := &Programs{box: box, options: options}
	for name, path := range map[string]*string{"ffmpeg": &p.ffmpeg, "ffprobe": &p.ffprobe} {
		found, err := exec.LookPath(name)
		if err == nil {
			found, err = filepath.Abs(found)
		}
		if err != nil {
			return nil, fmt.Errorf("%s is not installed: %w", name, err)
		}
		*path = found
	}
	if err := p.selfTest(ctx); err != nil {
		return nil, fmt.Errorf("ffmpeg does not work here: %w", err)
	}
	return p, nil
}

// selfTest encodes a generated video. So an ffmpeg without the encoders, or one
// that does not run within the limits, is noticed before a video fails.
func (p *Programs) selfTest(ctx context.Context) error {
	folder, err := os.MkdirTemp(p.options.Temp, "ffmpeg-test-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	args := []string{
		"-f", "lavfi", "-i", "color=s=64x64:r=10:d=0.2", "-f", "lavfi", "-i", "anullsrc=d=0.2",
		"-c:v", "libx264", "-c:a", "aac", "-f", "mp4", "file:test.mp4",
	}
	messages, err := p.run(ctx, p.ffmpeg, folder, args, io.Discard)
	if err != nil {
		return fmt.Errorf("%w: %s", err, messages)
	}
	var out bytes.Buffer
	if messages, err = p.run(ctx, p.ffprobe, folder, []string{"-decoders"}, &out); err != nil {
		return fmt.Errorf("%w: %s", err, messages)
	}
	p.installed = listed(out.String())
	return nil
}

// listed parses the output of -decoders: the names are the second words of the
// lines below the dashes.
func listed(text string) string {
	_, list, _ := strings.Cut(text, "------\n")
	var names []string
	for line := range strings.Lines(list) {
		if words := strings.Fields(line); len(words) > 1 {
			names = append(names, words[1])
		}
	}
	return strings.Join(names, ",")
}

// decoders maps the permitted codecs, as ffprobe names them, to the names of their
// decoders, as the whitelist needs them.
func decoders() (video, audio map[string]string) {
	same := func(names ...string) map[string]string {
		m := make(map[string]string, len(names))
		for _, name := range names {
			m[name] = name
		}
		return m
	}
	video = same("h264", "hevc", "vp8", "vp9", "mpeg4", "mjpeg")
	video["av1"] = "libdav1d"
	audio = same("aac", "opus", "vorbis", "flac", "alac", "ac3", "eac3", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be")
	audio["mp3"] = "mp3float"
	return video, audio
}

func codecWhitelist() string {
	video, audio := decoders()
	var names []string
	for _, set := range []map[string]string{video, audio} {
		for _, name := range set {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// guarded returns the options with which both programs open a source. Frames with
// too many pixels are not decoded, whatever the header says.
func (p *Programs) guarded(file media.File) []string {
	args := []string{
		"-protocol_whitelist", "file,pipe", "-codec_whitelist", codecWhitelist(),
		"-max_streams", "32", "-max_pixels", strconv.Itoa(p.options.MaxPixels), "-threads", strconv.Itoa(p.options.Threads),
	}
	if file.Container == media.ContainerMatroska {
		args = append(args, "-f", "matroska", "-format_whitelist", "matroska,webm")
	} else {
		args = append(args, "-f", "mov", "-format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2", "-enable_drefs", "0", "-use_absolute_path", "0")
	}
	return args
}

// input returns the options with which ffmpeg opens the source.
func (p *Programs) input(file media.File, until time.Duration) []string {
	args := append(p.guarded(file), "-sn", "-dn")
	if until > 0 {
		args = append(args, "-t", seconds(until))
	}
	return append(args, "-i", "file:"+file.Name)
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }

// run runs one of the programs in a folder and returns the end of its error
// messages.
func (p *Programs) run(ctx context.Context, program, folder string, args []string, out io.Writer) (messages string, err error) {
	common := []string{"-hide_banner", "-loglevel", "error", "-max_alloc", strconv.Itoa(maxAlloc)}
	if program == p.ffmpeg {
		common = append(common, "-nostdin", "-y", "-filter_threads", "1", "-filter_complex_threads", strconv.Itoa(p.options.Threads))
	}
	kept := &tail{limit: maxMessages}
	err = p.bounded(ctx, folder, func(ctx context.Context) error {
		return p.box.Run(ctx, sandbox.Command{
			Folder: folder, Program: program, Args: append(common, args...),
			Stdout: limited(out), Stderr: kept,
			Limits: sandbox.Limits{
				Memory: p.options.Memory, FileSize: p.options.MaxOutput, Files: openFiles,
				CPU: p.options.MaxWork * time.Duration(runtime.NumCPU()),
			},
		})
	})
	var stopped *sandbox.Stopped
	if errors.As(err, &stopped) {
		err = &media.Stopped{CPU: stopped.CPU, Wall: stopped.Wall, Cause: stopped.Cause}
	}
	return kept.String(), err
}

// blame decides whether the source caused the failure of a program. A program that
// reached its own limits did so because of the source. A program that was killed by
// others, for example by the kernel when memory is short, or that was asked to stop
// (exit code 255), proves nothing about the source.
func blame(messages string, err error) error {
	var exit *sandbox.Exit
	if err == nil || !errors.As(err, &exit) {
		return err
	}
	says := func(text string) bool { return strings.Contains(messages, text) }
	switch shown := excerpt(messages); {
	case exit.Signal == syscall.SIGXCPU, exit.Signal == syscall.SIGXFSZ,
		says("Cannot allocate memory"), says("File too large"), says("failed to allocate"), says("malloc"):
		return media.Fail(videov1.FailureTooComplex, "%w: %s", err, shown)
	case exit.Signal == syscall.SIGKILL, exit.Signal == syscall.SIGTERM, exit.Signal == syscall.SIGINT, exit.Signal == syscall.SIGHUP,
		exit.Code == stoppedCode, says("No space left on device"), says("Disk quota exceeded"):
		return fmt.Errorf("%w: %s", err, shown)
	case says(tooManyPixels):
		return media.Fail(videov1.FailureDimensions, "%w: %s", err, shown)
	default:
		return media.Fail(videov1.FailureUnreadable, "%w: %s", err, shown)
	}
}

// tooManyPixels is the message of a decoder that refuses a frame by its size.
const tooManyPixels = "Picture size"

// stoppedCode is the exit code of ffmpeg after a signal that asked it to stop.
const stoppedCode = 255

// maxShown is the length of an excerpt in bytes.
const maxShown = 300

// excerpt is the end of the messages for the log, as one line of printable ASCII:
// messages may contain text of the source.
func excerpt(messages string) string {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, messages)
	return text[max(0, len(text)-maxShown):]
}

// tail keeps the last bytes written to it.
type tail struct {
	limit int
	kept  bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if n > t.limit {
		p = p[n-t.limit:]
	}
	if over := t.kept.Len() + len(p) - t.limit; over > 0 {
		t.kept.Next(over)
	}
	t.kept.Write(p)
	return n, nil
}

func (t *tail) String() string { return strings.TrimSpace(t.kept.String()) }

// limited bounds collected output. Progress reports are parsed at once and are not
// bounded, because they grow with the run.
func limited(out io.Writer) io.Writer {
	if report, ok := out.(*progress); ok {
		return report
	}
	return &bounded{to: out, left: maxAnswer}
}

// bounded returns an error once too much was written, which ends the program.
type bounded struct {
	to   io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errors.New("too much output")
	}
	return b.to.Write(p)
}
