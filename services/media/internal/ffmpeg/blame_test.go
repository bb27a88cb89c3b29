package ffmpeg

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

// reason is that of a failure, or "other" for any other error.
func reason(err error) string {
	var failure *media.Failure
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failure):
		return failure.Reason
	default:
		return "other"
	}
}

func TestBlame(t *testing.T) {
	tests := map[string]struct {
		err      error
		messages string
		want     string
	}{
		"success":           {nil, "", ""},
		"local error":       {errors.New("cannot start"), "", "other"},
		"damaged":           {&sandbox.Exit{Code: 1}, "Invalid data found", videov1.FailureUnreadable},
		"crash":             {&sandbox.Exit{Code: -1, Signal: syscall.SIGSEGV}, "", videov1.FailureUnreadable},
		"too many pixels":   {&sandbox.Exit{Code: 1}, "[h264] Picture size 9000x9000 is invalid", videov1.FailureDimensions},
		"limit of time":     {&sandbox.Exit{Code: -1, Signal: syscall.SIGXCPU}, "", videov1.FailureTooComplex},
		"limit of a file":   {&sandbox.Exit{Code: -1, Signal: syscall.SIGXFSZ}, "", videov1.FailureTooComplex},
		"file too large":    {&sandbox.Exit{Code: 1}, "av_interleaved_write_frame(): File too large", videov1.FailureTooComplex},
		"limit of memory":   {&sandbox.Exit{Code: 1}, "Cannot allocate memory", videov1.FailureTooComplex},
		"killed by another": {&sandbox.Exit{Code: -1, Signal: syscall.SIGKILL}, "", "other"},
		"terminated":        {&sandbox.Exit{Code: -1, Signal: syscall.SIGTERM}, "", "other"},
		"asked to stop":     {&sandbox.Exit{Code: 255}, "Exiting normally, received signal 15.", "other"},
		"the disk is full":  {&sandbox.Exit{Code: 1}, "No space left on device", "other"},
		"took too long":     {&media.Stopped{Cause: errProbeTime}, "", "other"},
		"too much output":   {media.Fail(videov1.FailureTooComplex, "%w", errTooMuch), "", videov1.FailureTooComplex},
	}
	for name, test := range tests {
		if got := reason(blame(test.messages, test.err)); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// A timeout is a failure of the source only if the program used the CPU.
func TestOvertime(t *testing.T) {
	for cpu, want := range map[time.Duration]string{25 * time.Second: videov1.FailureTooComplex, time.Second: "other"} {
		err := media.Overtime(probeTime, &media.Stopped{CPU: cpu, Wall: probeTime, Cause: errProbeTime})
		if got := reason(err); got != want || !errors.Is(err, errProbeTime) {
			t.Errorf("%v of %v: %v", cpu, probeTime, err)
		}
	}
}

func TestExcerptIsShortAndPrintable(t *testing.T) {
	err := blame(strings.Repeat("x", 1000)+"\x00\x1b[1mdouyin\xff\nend", &sandbox.Exit{Code: 1})
	if text := err.Error(); len(text) > maxShown+50 || (!utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b\n")) || !strings.HasSuffix(text, "end") {
		t.Errorf("%d characters: %q", len(text), text)
	}
}

func TestOutputsAreBounded(t *testing.T) {
	p := &Programs{options: Options{MaxOutput: 1000}}
	write := func(folder, name string, size int) {
		if err := os.WriteFile(filepath.Join(folder, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder := t.TempDir()
	write(folder, media.SourceName, 5000)
	write(folder, "a", 600)
	fine := func(context.Context) error { return nil }
	if err := p.bounded(t.Context(), folder, fine); err != nil {
		t.Errorf("600 bytes of 1000: %v", err)
	}
	write(folder, "b", 600)
	if got := reason(p.bounded(t.Context(), folder, fine)); got != videov1.FailureTooComplex {
		t.Errorf("1200 bytes of 1000: %q", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := p.bounded(ctx, folder, func(ctx context.Context) error { // is cancelled while it runs
		<-ctx.Done()
		return context.Cause(ctx)
	})
	if reason(err) != videov1.FailureTooComplex || ctx.Err() != nil {
		t.Errorf("1200 bytes of 1000: %v", err)
	}
}
