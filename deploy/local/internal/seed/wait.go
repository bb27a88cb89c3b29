package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
)

const (
	// processingTimeout bounds the processing of all videos of the demo.
	processingTimeout = 5 * time.Minute
	processingPause   = 300 * time.Millisecond
)

// wait returns when every video of the demo is in the feed.
func (a *api) wait(ctx context.Context, step *console.Step, sessions map[Account]session) error {
	ctx, cancel := context.WithTimeout(ctx, processingTimeout)
	defer cancel()
	for {
		ready, slow, err := a.progress(ctx, sessions)
		if err != nil {
			return err
		}
		if slow == nil {
			return nil
		}
		step.Update("processing, %d of %d videos are ready", ready, len(posts()))
		select {
		case <-ctx.Done():
			return fmt.Errorf("video %q is %s, at %d %%, and does not get ready", slow.Title, slow.State, slow.Progress)
		case <-time.After(processingPause):
		}
	}
}

// progress counts the videos that are ready, and names one that is not yet. One
// that has failed is an error, unless it was published again.
func (a *api) progress(ctx context.Context, sessions map[Account]session) (ready int, slow *video, err error) {
	states := map[Account]map[string]video{}
	for account, s := range sessions {
		list, err := a.videos(ctx, s)
		if err != nil {
			return 0, nil, fmt.Errorf("videos of %s: %w", account.Name, err)
		}
		states[account] = map[string]video{}
		for _, v := range list {
			if known, twice := states[account][v.Title]; !twice || known.State == failedState {
				states[account][v.Title] = v
			}
		}
	}
	for _, p := range posts() {
		switch v := states[p.author][p.title]; v.State {
		case readyState:
			ready++
		case failedState:
			return ready, nil, fmt.Errorf("video %q could not be processed: %s %s", p.title, v.Reason, v.Message)
		default:
			v.Title = p.title
			slow = &v
		}
	}
	return ready, slow, nil
}
