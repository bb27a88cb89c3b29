package relation

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// SetFollow creates or ends a follow. It is idempotent. It returns ErrSelfFollow
// and ErrUserUnknown.
func (s *Service) SetFollow(ctx context.Context, userID, targetID int64, following bool) (changed bool, err error) {
	const op = "relation.SetFollow"
	if userID <= 0 || targetID <= 0 {
		return false, errs.Wrap(op, ErrIDInvalid)
	}
	if userID == targetID {
		return false, errs.Wrap(op, ErrSelfFollow)
	}
	// The gateway has verified the follower; only the target can be unknown.
	exists, err := s.Users.Exists(ctx, targetID)
	if err != nil {
		return false, errs.Wrap(op, err)
	}
	if !exists {
		return false, errs.Wrap(op, ErrUserUnknown)
	}
	version, err := s.Writer.Do(ctx, Change{
		UserID: userID, TargetID: targetID, Following: following, At: s.Clock().UTC(), TraceParent: s.TraceParent(ctx),
	})
	return version > 0, errs.Wrap(op, err)
}

// AreFriends reports whether two users follow each other. It is false for a user
// and themselves.
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
