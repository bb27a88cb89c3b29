package ffmpeg

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

// The progress report of a long transcode exceeds the bound of collected output and
// must not end the program. Other output of that length does.
func TestOnlyCollectedOutputIsBounded(t *testing.T) {
	t.Parallel()
	box, err := sandbox.New(t.Context(), sandbox.Off, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	talker := filepath.Join(t.TempDir(), "talker")
	report := strings.Repeat("frame=1\nprogress=continue\n", maxAnswer/25) + "out_time_us=7000000\n"
	if err := os.WriteFile(talker+".txt", []byte(report), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(talker, []byte("#!/bin/sh\nexec /bin/cat "+talker+".txt\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := &Programs{box: box, options: Options{Threads: 1, Memory: 1 << 30, MaxOutput: 1 << 20, MaxWork: 30 * time.Second}}
	run := func(out io.Writer) error {
		_, err := p.run(t.Context(), talker, t.TempDir(), nil, out)
		return err
	}
	var last time.Duration
	if err := run(&progress{done: func(d time.Duration) { last = d }}); err != nil || last != 7*time.Second {
		t.Errorf("the report: %v, last time %v", err, last)
	}
	var answer bytes.Buffer
	if err := run(&answer); err == nil || answer.Len() > maxAnswer {
		t.Errorf("output of %d bytes: %v", answer.Len(), err)
	}
}
