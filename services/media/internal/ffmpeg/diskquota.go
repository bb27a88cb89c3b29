package ffmpeg

import (
	"context"
	"errors"
	"os"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

// lookEvery is the time between two looks at how much a program has written.
const lookEvery = 200 * time.Millisecond

var errTooMuch = errors.New("more was made than there is room for")

// bounded runs a program and ends it when there is more in its folder than a
// source may make: the limit that the program itself has is for each file.
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

// made is the size of all files in a folder but for the source itself, which has a
// limit of its own.
func made(folder string) (size uint64) {
	entries, _ := os.ReadDir(folder) // what cannot be looked at, as it has just gone, takes no room
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && entry.Name() != media.SourceName {
			size += uint64(max(0, info.Size())) //nolint:gosec // not below 0
		}
	}
	return size
}
