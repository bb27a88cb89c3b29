package interaction

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Lookup returns the stats of many videos and users, in the order of the ids and
// each id once. The stats of unknown ids are zero.
func (s *Service) Lookup(ctx context.Context, videoIDs, userIDs []int64, viewerID int64) ([]VideoStats, []UserStats, error) {
	const op = "interaction.Lookup"
	if len(videoIDs) > MaxIDs || len(userIDs) > MaxIDs {
		return nil, nil, errs.Wrap(op, ErrTooMany)
	}
	videos, err := s.videoStats(ctx, videoIDs, viewerID)
	if err != nil {
		return nil, nil, errs.Wrap(op, err)
	}
	if len(videoIDs) == 0 && len(userIDs) == 1 {
		one, err := s.oneUser(ctx, userIDs[0])
		return nil, []UserStats{one}, errs.Wrap(op, err)
	}
	users, err := s.userStats(ctx, userIDs)
	return videos, users, errs.Wrap(op, err)
}

// oneUser returns the stats of one user, as a profile page needs them, through the
// hot document.
func (s *Service) oneUser(ctx context.Context, userID int64) (UserStats, error) {
	if userID <= 0 {
		return UserStats{}, ErrIDInvalid
	}
	return s.Hot.LoadCounts(ctx, userID, func(ctx context.Context) (UserStats, error) {
		found, err := s.Stats.UserStats(ctx, []int64{userID})
		if err != nil || len(found) == 0 {
			return UserStats{UserID: userID}, err
		}
		return found[0], nil
	})
}

func (s *Service) videoStats(ctx context.Context, ids []int64, viewerID int64) ([]VideoStats, error) {
	distinct, err := distinctIDs(ids)
	if err != nil || len(distinct) == 0 {
		return nil, err
	}
	found, err := s.Stats.VideoStats(ctx, distinct, viewerID)
	if err != nil {
		return nil, err
	}
	return inOrder(distinct, found, func(f *VideoStats) *int64 { return &f.VideoID }), nil
}

func (s *Service) userStats(ctx context.Context, ids []int64) ([]UserStats, error) {
	distinct, err := distinctIDs(ids)
	if err != nil || len(distinct) == 0 {
		return nil, err
	}
	found, err := s.Stats.UserStats(ctx, distinct)
	if err != nil {
		return nil, err
	}
	return inOrder(distinct, found, func(f *UserStats) *int64 { return &f.UserID }), nil
}

// inOrder sorts the found stats like ids and adds zero stats for missing ids.
func inOrder[F any](ids []int64, found []F, id func(*F) *int64) []F {
	byID := make(map[int64]F, len(found))
	for _, stats := range found {
		byID[*id(&stats)] = stats
	}
	all := make([]F, len(ids))
	for i, want := range ids {
		all[i] = byID[want]
		*id(&all[i]) = want
	}
	return all
}

// distinctIDs removes duplicates and keeps the order.
func distinctIDs(ids []int64) ([]int64, error) {
	distinct := make([]int64, 0, len(ids))
	seen := make(map[int64]struct{}, len(ids))
	for _, id := range ids {
		if id <= 0 {
			return nil, ErrIDInvalid
		}
		if _, again := seen[id]; !again {
			seen[id] = struct{}{}
			distinct = append(distinct, id)
		}
	}
	return distinct, nil
}
