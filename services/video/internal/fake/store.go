// Package fake implements the ports of the domain package in memory, for tests. The
// store passes the same suite as the store on MySQL.
package fake

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// Store stores everything in maps.
type Store struct {
	clock       *Clock
	mu          sync.Mutex
	uploads     map[int64]video.Upload
	videos      map[int64]video.Video
	works       map[int64]int64
	jobs        map[int64]video.Job
	outputs     map[int64][]video.Outputs
	removals    map[int64]video.Removal
	lastRemoval int64
	deleted     map[int64]int64 // author by video
	published   []Published
}

// Published is a published event.
type Published struct {
	Event   video.Event
	VideoID int64
	Version int64
	Reason  string // of a failure
}

var (
	_ video.Uploads    = (*Store)(nil)
	_ video.Videos     = (*Store)(nil)
	_ video.Lifecycles = (*Store)(nil)
	_ video.Removals   = (*Store)(nil)
)

// NewStore returns an empty store with the time of a clock.
func NewStore(clock *Clock) *Store {
	return &Store{
		clock:   clock,
		uploads: map[int64]video.Upload{}, videos: map[int64]video.Video{}, works: map[int64]int64{},
		jobs: map[int64]video.Job{}, outputs: map[int64][]video.Outputs{}, removals: map[int64]video.Removal{},
		deleted: map[int64]int64{},
	}
}

func (s *Store) nowMs() int64 { return s.clock.Now().UnixMilli() }

// Begin implements video.Uploads.
func (s *Store) Begin(_ context.Context, authorID int64, allowed video.Allowance, build func(nowMs int64) video.Upload) (video.Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := 0
	for _, other := range s.uploads {
		if other.AuthorID == authorID && !other.Aborting {
			open++
		}
	}
	waiting := 0
	for _, v := range s.videos {
		if v.AuthorID == authorID && (v.State == video.StateUploaded || v.State == video.StateProcessing) {
			waiting++
		}
	}
	if open >= allowed.OpenUploads || waiting >= allowed.Waiting {
		return video.Upload{}, video.ErrUploadsTooMany
	}
	u := build(s.nowMs())
	s.uploads[u.VideoID] = u
	return u, nil
}

// Upload implements video.Uploads.
func (s *Store) Upload(_ context.Context, videoID int64) (u video.Upload, nowMs int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, known := s.uploads[videoID]
	if !known {
		return video.Upload{}, 0, video.ErrUploadUnknown
	}
	return u, s.nowMs(), nil
}

// Change implements video.Uploads.
func (s *Store) Change(_ context.Context, videoID int64, change func(u *video.Upload, nowMs int64) error) (video.Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.uploads[videoID]
	if !ok {
		return video.Upload{}, video.ErrUploadUnknown
	}
	changed := u
	if err := change(&changed, s.nowMs()); err != nil {
		return video.Upload{}, err
	}
	u.Aborting, u.DueAtMs = changed.Aborting, changed.DueAtMs
	s.uploads[videoID] = u
	return u, nil
}

// Publish implements video.Uploads.
func (s *Store) Publish(_ context.Context, videoID int64, build func(u video.Upload, nowMs int64) (video.Video, error)) (video.Video, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.uploads[videoID]
	if !ok {
		return video.Video{}, video.ErrUploadUnknown
	}
	v, err := build(u, s.nowMs())
	if err != nil {
		return video.Video{}, err
	}
	s.jobs[v.ID] = video.Job{DueAtMs: v.PublishedAtMs}
	for s.taken(func(other video.Video) bool { return other.PublishedAtMs == v.PublishedAtMs }) {
		v.PublishedAtMs++
	}
	delete(s.uploads, videoID)
	s.videos[v.ID] = v
	s.publish(video.EventUploaded, v)
	return v, nil
}

func (s *Store) taken(by func(video.Video) bool) bool {
	for _, v := range s.videos {
		if by(v) {
			return true
		}
	}
	return false
}

func (s *Store) publish(e video.Event, v video.Video) {
	s.published = append(s.published, Published{Event: e, VideoID: v.ID, Version: v.Version, Reason: v.FailureReason})
}

// Claim implements video.Uploads.
func (s *Store) Claim(_ context.Context, lease time.Duration, limit int) ([]video.Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []video.Upload
	for _, u := range s.uploads {
		if u.DueAtMs <= s.nowMs() {
			due = append(due, u)
		}
	}
	slices.SortFunc(due, func(a, b video.Upload) int { return cmp.Compare(a.DueAtMs, b.DueAtMs) })
	due = due[:min(limit, len(due))]
	for i := range due {
		due[i].Aborting, due[i].DueAtMs = true, s.nowMs()+lease.Milliseconds()
		s.uploads[due[i].VideoID] = due[i]
	}
	return due, nil
}

// Remove implements video.Uploads.
func (s *Store) Remove(_ context.Context, videoID int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.uploads, videoID)
	return nil
}

// Newest implements video.Videos.
func (s *Store) Newest(_ context.Context, beforeMs int64, limit int) ([]video.Video, error) {
	videos := s.selected(func(v video.Video) bool { return v.State == video.StateReady && v.ShownAtMs < beforeMs })
	slices.SortFunc(videos, func(a, b video.Video) int { return cmp.Compare(b.ShownAtMs, a.ShownAtMs) })
	return videos[:min(limit, len(videos))], nil
}

// ByAuthor implements video.Videos.
func (s *Store) ByAuthor(_ context.Context, authorID, beforeMs int64, limit int, own bool) ([]video.Video, error) {
	videos := s.selected(func(v video.Video) bool {
		return v.AuthorID == authorID && v.PublishedAtMs < beforeMs && (own || v.State == video.StateReady)
	})
	return videos[:min(limit, len(videos))], nil
}

// ByIDs implements video.Videos.
func (s *Store) ByIDs(_ context.Context, ids []int64) ([]video.Video, error) {
	return s.selected(func(v video.Video) bool { return slices.Contains(ids, v.ID) }), nil
}

// Existing implements video.Videos.
func (s *Store) Existing(_ context.Context, ids []int64) ([]int64, error) {
	var existing []int64
	for _, v := range s.selected(func(v video.Video) bool { return slices.Contains(ids, v.ID) }) {
		existing = append(existing, v.ID)
	}
	return existing, nil
}

// selected lists the wanted videos in the order of publishing, newest first.
func (s *Store) selected(wanted func(video.Video) bool) []video.Video {
	s.mu.Lock()
	defer s.mu.Unlock()
	videos := []video.Video{}
	for _, v := range s.videos {
		if wanted(v) {
			if v.State == video.StateProcessing {
				v.Progress = s.jobs[v.ID].Progress
			}
			videos = append(videos, v)
		}
	}
	slices.SortFunc(videos, func(a, b video.Video) int { return cmp.Compare(b.PublishedAtMs, a.PublishedAtMs) })
	return videos
}

// Works implements video.Videos.
func (s *Store) Works(_ context.Context, authorIDs []int64) (map[int64]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	works := map[int64]int64{}
	for _, id := range authorIDs {
		if n := s.works[id]; n > 0 {
			works[id] = n
		}
	}
	return works, nil
}
