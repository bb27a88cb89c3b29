package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

const (
	// processingTimeout bounds the processing of all videos.
	processingTimeout = 5 * time.Minute
	pollInterval      = 300 * time.Millisecond
)

// wait returns the ids of the posts when all of them are ready.
func (s *seeder) wait(ctx context.Context) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, processingTimeout)
	defer cancel()
	for {
		ids, pending, err := s.progress(ctx)
		if err != nil {
			return nil, err
		}
		if pending == nil {
			return ids, nil
		}
		s.Progress(fmt.Sprintf("processing, %d of %d videos are ready", len(ids), len(posts())))
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("video %q is still %s, at %d %%", pending.Title, pending.State, pending.Progress)
		case <-time.After(pollInterval):
		}
	}
}

// progress returns the ids of the ready posts and one that is pending. A failed
// video is an error, unless it was published again.
func (s *seeder) progress(ctx context.Context) (ready []int64, pending *client.Video, err error) {
	byAuthor := map[string]map[string]client.Video{}
	for name, session := range s.sessions {
		list, err := s.videos(ctx, session)
		if err != nil {
			return nil, nil, fmt.Errorf("videos of %s: %w", name, err)
		}
		byTitle := map[string]client.Video{}
		for _, v := range list {
			if known, exists := byTitle[v.Title]; !exists || known.State == client.StateFailed {
				byTitle[v.Title] = v
			}
		}
		byAuthor[name] = byTitle
	}
	for _, p := range posts() {
		switch v := byAuthor[p.author][p.title]; v.State {
		case client.StateReady:
			ready = append(ready, v.ID)
		case client.StateFailed:
			return nil, nil, fmt.Errorf("video %q could not be processed: %s %s", p.title, v.FailureReason, v.FailureMsg)
		default:
			v.Title = p.title
			pending = &v
		}
	}
	return ready, pending, nil
}
