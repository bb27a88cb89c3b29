package fake

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// UpdateLifecycle implements video.Lifecycles.
func (s *Store) UpdateLifecycle(_ context.Context, videoID int64, change func(*video.Lifecycle) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.updateLifecycle(videoID, change)
}

// UpdateNextDue implements video.Lifecycles.
func (s *Store) UpdateNextDue(_ context.Context, change func(*video.Lifecycle) error) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := oldest(s.jobs, s.nowMs(), func(j video.Job) int64 { return j.DueAtMs })
	if due == 0 {
		return false, nil
	}
	if err := s.updateLifecycle(due, change); err != nil {
		return false, err
	}
	return true, nil
}

func (s *Store) updateLifecycle(videoID int64, change func(*video.Lifecycle) error) error {
	before, ok := s.videos[videoID]
	if !ok {
		return video.ErrVideoUnknown
	}
	c := video.Lifecycle{Video: before, Outputs: slices.Clone(s.outputs[videoID]), NowMs: s.nowMs()}
	if job, ok := s.jobs[videoID]; ok {
		c.Job = &job
	}
	if err := change(&c); err != nil {
		return err
	}
	for _, r := range c.Removals {
		s.lastRemoval++
		r.ID = s.lastRemoval
		s.removals[r.ID] = r
	}
	if c.Event != 0 {
		s.publish(c.Event, c.Video)
	}
	s.works[before.AuthorID] += readiness(c.Video, c.DeletedAtMs > 0) - readiness(before, false)
	delete(s.videos, videoID)
	delete(s.jobs, videoID)
	delete(s.outputs, videoID)
	if c.DeletedAtMs > 0 {
		s.deleted[videoID] = before.AuthorID
		return nil
	}
	if c.Job != nil {
		s.jobs[videoID] = *c.Job
	}
	s.outputs[videoID] = c.Outputs
	if c.Video.ShownAtMs != before.ShownAtMs {
		for s.taken(func(other video.Video) bool { return other.ShownAtMs == c.Video.ShownAtMs }) {
			c.Video.ShownAtMs++
		}
	}
	s.videos[videoID] = c.Video
	return nil
}

// readiness is the contribution of a video to the works counter.
func readiness(v video.Video, deleted bool) int64 {
	if v.State == video.StateReady && !deleted {
		return 1
	}
	return 0
}

// Renew implements video.Lifecycles.
func (s *Store) Renew(_ context.Context, videoID, attempt int64, lease time.Duration, progress int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	job, ok := s.jobs[videoID]
	if !ok || !job.Held || job.Attempt != attempt {
		return video.ErrJobLost
	}
	job.DueAtMs, job.Progress = s.nowMs()+lease.Milliseconds(), progress
	s.jobs[videoID] = job
	return nil
}

// FailedLongAgo implements video.Lifecycles.
func (s *Store) FailedLongAgo(_ context.Context, age time.Duration, limit int) ([]int64, error) {
	until := s.nowMs() - age.Milliseconds()
	failed := s.selected(func(v video.Video) bool { return v.State == video.StateFailed && v.FailedAtMs <= until })
	slices.SortFunc(failed, func(a, b video.Video) int { return int(a.FailedAtMs - b.FailedAtMs) })
	ids := []int64{}
	for _, v := range failed[:min(limit, len(failed))] {
		ids = append(ids, v.ID)
	}
	return ids, nil
}

// DeletedOf implements video.Lifecycles.
func (s *Store) DeletedOf(_ context.Context, videoID int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	author, ok := s.deleted[videoID]
	if !ok {
		return 0, video.ErrVideoUnknown
	}
	return author, nil
}

// ClaimRemoval implements video.Removals.
func (s *Store) ClaimRemoval(_ context.Context, lease time.Duration) (video.Removal, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := oldest(s.removals, s.nowMs(), func(r video.Removal) int64 { return r.DueAtMs })
	if due == 0 {
		return video.Removal{}, false, nil
	}
	r := s.removals[due]
	r.DueAtMs = s.nowMs() + lease.Milliseconds()
	s.removals[due] = r
	return r, true, nil
}

// EndRemoval implements video.Removals.
func (s *Store) EndRemoval(_ context.Context, id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.removals, id)
	return nil
}

// oldest is the key of the element that has been due the longest, in a tie the
// smallest, or 0 if none is due.
func oldest[T any](all map[int64]T, nowMs int64, due func(T) int64) int64 {
	var key int64
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if at := due(all[id]); at <= nowMs && (key == 0 || at < due(all[key])) {
			key = id
		}
	}
	return key
}
