package ffmpeg_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/media/internal/ffmpeg"
	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

func TestMissingProgramIsNamed(t *testing.T) {
	box, err := sandbox.New(t.Context(), sandbox.Off, t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	t.Setenv("PATH", t.TempDir())
	if _, err := ffmpeg.New(t.Context(), box, options()); err == nil || !strings.Contains(err.Error(), "is not installed") {
		t.Errorf("without ffmpeg: %v", err)
	}
}
