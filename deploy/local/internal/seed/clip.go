package seed

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
)

// Runner starts a command and waits for it to end.
type Runner func(ctx context.Context, cmd *exec.Cmd) error

// clip is a video that ffmpeg can make out of nothing.
type clip struct {
	source string // lavfi description of the picture
	tone   int    // Hz
}

// seconds is the length of every clip.
const seconds = "5"

// render makes an H.264/AAC MP4 with the index in front, which any phone plays.
func (c clip) render(ctx context.Context, run Runner, file string) error {
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", //nolint:gosec // constants
		"-f", "lavfi", "-i", c.source,
		"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:sample_rate=44100", c.tone),
		"-t", seconds,
		"-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-b:a", "64k",
		"-movflags", "+faststart", file)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := run(ctx, cmd); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, bytes.TrimSpace(output.Bytes()))
	}
	return nil
}
