package relation

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// SetFollow makes a follow be there or not. It refuses with ErrSelfFollow and
// ErrUserUnknown, and may be repeated at will.
func (s *Service) SetFollow(ctx context.Context, userID, targetID int64, following bool) (changed bool, err error) {
	const op = "relation.SetFollow"
	if userID <= 0 || targetID <= 0 {
		return false, errs.Wrap(op, ErrIDInvalid)
	}
	if userID == targetID {
		return false, errs.Wrap(op, ErrSelfFollow)
	}
	// The follower is the verified actor; only the other one may be made up.
	exists, err := s.Users.Exists(ctx, targetID)
	if err != nil {
		return false, errs.Wrap(op, err)
	}
	if !exists {
		return false, errs.Wrap(op, ErrUserUnknown)
	}
	changed, err = s.Store.SetFollow(ctx, Change{
		UserID: userID, TargetID: targetID, Following: following, At: s.Clock().UTC(),
	})
	if err != nil {
		return false, errs.Wrap(op, err)
	}
	// Also when nothing changed: the answer to the first try may have been lost
	// together with its invalidation.
	s.Hot.Changed(ctx, userID, targetID)
	return changed, nil
}

// AreFriends tells whether two users follow each other. Nobody is their own
// friend.
func (s *Service) AreFriends(ctx context.Context, a, b int64) (bool, error) {
	const op = "relation.AreFriends"
	if a <= 0 || b <= 0 {
		return false, errs.Wrap(op, ErrIDInvalid)
	}
	if a == b {
		return false, nil
	}
	friends, err := s.Store.AreFriends(ctx, a, b)
	return friends, errs.Wrap(op, err)
}
