package ffmpeg

import (
	"context"
	"errors"
	"os"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

// lookEvery is the interval of the measurements of the folder.
const lookEvery = 200 * time.Millisecond

var errTooMuch = errors.New("the outputs are too large")

// bounded runs a program and ends it when the outputs together exceed MaxOutput.
// The limit of the process itself applies to each file only.
func (p *Programs) bounded(parent context.Context, folder string, run func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if made(folder) > p.options.MaxOutput {
					cancel(errTooMuch)
					return
				}
			}
		}
	}()
	err := run(ctx)
	tooMuch := errors.Is(context.Cause(ctx), errTooMuch)
	cancel(nil)
	<-ended
	if tooMuch || err == nil && made(folder) > p.options.MaxOutput {
		return media.Fail(videov1.FailureTooComplex, "%w: %v", errTooMuch, err)
	}
	return err
}

// made is the size of all files in a folder except the source, which has a limit of
// its own.
func made(folder string) (size uint64) {
	entries, _ := os.ReadDir(folder) // a file that was just deleted takes no space
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && entry.Name() != media.SourceName {
			size += uint64(max(0, info.Size())) //nolint:gosec // not negative
		}
	}
	return size
}
