package fake

import (
	"cmp"
	"maps"
	"slices"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// Uploads lists the uploads in the order of ids.
func (s *Store) Uploads() []video.Upload {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.uploads), func(a, b video.Upload) int { return cmp.Compare(a.VideoID, b.VideoID) })
}

// Job returns the job of a video, or false if there is none.
func (s *Store) Job(videoID int64) (video.Job, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	job, ok := s.jobs[videoID]
	return job, ok
}

// Outputs lists the reserved outputs of a video.
func (s *Store) Outputs(videoID int64) []video.Outputs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.outputs[videoID])
}

// Removals lists the removals in the order of insertion.
func (s *Store) Removals() []video.Removal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.removals), func(a, b video.Removal) int { return cmp.Compare(a.ID, b.ID) })
}

// Published lists the published events.
func (s *Store) Published() []Published {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.published)
}
