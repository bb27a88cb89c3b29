package demo

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// clip is a video that ffmpeg generates.
type clip struct {
	seconds int
	source  string // lavfi description of the picture
	chord   []int  // frequencies of the sound, Hz
}

// sound is the lavfi description of the chord, swelling and fading.
func (c clip) sound() string {
	tones := make([]string, len(c.chord))
	for i, hertz := range c.chord {
		tones[i] = fmt.Sprintf("0.15*sin(2*PI*%d*t)", hertz)
	}
	return "aevalsrc=exprs=" + strings.Join(tones, "+") + ":s=44100,tremolo=f=2:d=0.6"
}

// render writes an H.264/AAC MP4 with the index in front, which every phone
// plays.
func (c clip) render(ctx context.Context, ffmpeg, file string) error {
	cmd := exec.CommandContext(ctx, ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", //nolint:gosec // constants
		"-f", "lavfi", "-i", c.source,
		"-f", "lavfi", "-i", c.sound(),
		"-t", strconv.Itoa(c.seconds),
		"-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-b:a", "64k",
		"-movflags", "+faststart", file)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, bytes.TrimSpace(output))
	}
	return nil
}
