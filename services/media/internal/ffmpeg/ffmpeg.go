// Package ffmpeg makes of sources what players want, with the programs ffmpeg and
// ffprobe. What they read may come from anybody, so they receive everything
// that they would otherwise guess: the one demuxer, the few decoders, files and
// pipes as the only protocols, no references to other files; and they run in a
// sandbox, for the day when one of these has a hole.
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

// Options say how much one run may use.
type Options struct {
	Temp      string        // where the test at the start has its folder; empty: the system's
	Threads   int           // of each decoder and encoder
	Memory    uint64        // bytes of address space
	MaxOutput uint64        // bytes of all that is made of one source
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
	openFiles = 64
	maxAlloc  = 256 << 20 // bytes of one allocation: a frame of the greatest size several times over
	maxSaid   = 16 << 10  // bytes of messages that are kept
	maxAnswer = 4 << 20   // bytes of an answer that is collected
)

// New finds the programs and sees that they run and can encode what is needed.
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

// selfTest makes a source of nothing, so that an ffmpeg without the encoders, or
// one that does not start within the limits, is found before a video fails.
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
	said, err := p.run(ctx, p.ffmpeg, folder, args, io.Discard)
	if err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	var out bytes.Buffer
	if said, err = p.run(ctx, p.ffprobe, folder, []string{"-decoders"}, &out); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	p.installed = listed(out.String())
	return nil
}

// listed reads the names in a list of decoders: the second words of the lines
// below the dashes.
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

// decoders are those that may read a source: by the codec's name, which ffprobe
// says, and by the decoder's, which the whitelist wants.
func decoders() (pictures, sounds map[string]string) {
	same := func(names ...string) map[string]string {
		m := make(map[string]string, len(names))
		for _, name := range names {
			m[name] = name
		}
		return m
	}
	pictures = same("h264", "hevc", "vp8", "vp9", "mpeg4", "mjpeg")
	pictures["av1"] = "libdav1d"
	sounds = same("aac", "opus", "vorbis", "flac", "alac", "ac3", "eac3", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be")
	sounds["mp3"] = "mp3float"
	return pictures, sounds
}

func codecWhitelist() string {
	pictures, sounds := decoders()
	var names []string
	for _, set := range []map[string]string{pictures, sounds} {
		for _, name := range set {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// guarded is how the source is opened, by both programs. Frames of more pixels
// than a source may have are not decoded, whatever its header admitted to.
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

// input is how ffmpeg opens the source.
func (p *Programs) input(file media.File, until time.Duration) []string {
	args := append(p.guarded(file), "-sn", "-dn")
	if until > 0 {
		args = append(args, "-t", seconds(until))
	}
	return append(args, "-i", "file:"+file.Name)
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }

// run runs one of the programs in a folder and returns the last of what it said
// of errors.
func (p *Programs) run(ctx context.Context, program, folder string, args []string, out io.Writer) (said string, err error) {
	common := []string{"-hide_banner", "-loglevel", "error", "-max_alloc", strconv.Itoa(maxAlloc)}
	if program == p.ffmpeg {
		common = append(common, "-nostdin", "-y", "-filter_threads", "1", "-filter_complex_threads", strconv.Itoa(p.options.Threads))
	}
	messages := &tail{limit: maxSaid}
	err = p.bounded(ctx, folder, func(ctx context.Context) error {
		return p.box.Run(ctx, sandbox.Command{
			Folder: folder, Program: program, Args: append(common, args...),
			Stdout: limited(out), Stderr: messages,
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
	return messages.String(), err
}

// blame decides whose fault the end of a program is that read a source. Limits of
// ours are reached because of the source. A program that somebody else has killed,
// as the kernel does when memory gets short, or asked to stop, which ffmpeg
// answers with 255, says nothing of it.
func blame(said string, err error) error {
	var exit *sandbox.Exit
	if err == nil || !errors.As(err, &exit) {
		return err
	}
	says := func(text string) bool { return strings.Contains(said, text) }
	switch shown := excerpt(said); {
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

// tooManyPixels is what a decoder says of a picture that it refuses.
const tooManyPixels = "Picture size"

// stoppedCode is the exit code of an ffmpeg that a signal has asked to stop.
const stoppedCode = 255

// maxShown is how much of what a program said gets into the log.
const maxShown = 300

// excerpt is the end of what a program said, in one line and without what a source
// may have put there.
func excerpt(said string) string {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, said)
	return text[max(0, len(text)-maxShown):]
}

// tail keeps the end of what is written to it.
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

// limited bounds what is collected. A report of progress is read as it comes and
// gets as long as the run takes.
func limited(out io.Writer) io.Writer {
	if report, ok := out.(*progress); ok {
		return report
	}
	return &bounded{to: out, left: maxAnswer}
}

// bounded refuses what is more than a program has to say, which ends it.
type bounded struct {
	to   io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errors.New("output is too long")
	}
	return b.to.Write(p)
}
