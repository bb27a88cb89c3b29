package user

import (
	"context"
	"errors"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// MaxProfiles is the maximum number of ids in one call.
const MaxProfiles = 1000

// Profiles returns the profiles of many users with one query, in the order of the
// ids and each id once. Unknown ids are left out. It returns ErrIDsInvalid.
//
// Only a call for a single user uses the hot document: readers make that call when
// the document is missing. Storing a thousand documents for a list would cost more
// than it saves.
func (s *Service) Profiles(ctx context.Context, ids []int64) ([]Profile, error) {
	const op = "user.Profiles"
	if len(ids) > MaxProfiles {
		return nil, errs.Wrap(op, ErrIDsInvalid)
	}
	distinct := make([]int64, 0, len(ids))
	seen := make(map[int64]bool, len(ids))
	for _, id := range ids {
		if id <= 0 {
			return nil, errs.Wrap(op, ErrIDsInvalid)
		}
		if !seen[id] {
			seen[id] = true
			distinct = append(distinct, id)
		}
	}
	var profiles []Profile
	var err error
	switch len(distinct) {
	case 0:
		return nil, nil
	case 1:
		profiles, err = s.oneProfile(ctx, distinct[0])
	default:
		profiles, err = s.manyProfiles(ctx, distinct)
	}
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	return profiles, nil
}

func (s *Service) oneProfile(ctx context.Context, id int64) ([]Profile, error) {
	profile, err := s.Hot.Load(ctx, id, func(ctx context.Context) (Profile, error) {
		found, err := s.Store.Profiles(ctx, []int64{id})
		if err != nil {
			return Profile{}, err
		}
		if len(found) == 0 {
			return Profile{}, ErrUnknown
		}
		return found[0], nil
	})
	if errors.Is(err, ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []Profile{profile}, nil
}

func (s *Service) manyProfiles(ctx context.Context, ids []int64) ([]Profile, error) {
	found, err := s.Store.Profiles(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]Profile, len(found))
	for _, profile := range found {
		byID[profile.ID] = profile
	}
	ordered := make([]Profile, 0, len(found))
	for _, id := range ids {
		if profile, ok := byID[id]; ok {
			ordered = append(ordered, profile)
		}
	}
	return ordered, nil
}
