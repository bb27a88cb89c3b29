package hotstate

import (
	"context"
	"time"
)

// commitWithin is how long one invalidation covers a commit that follows it. A
// load that read its rows before such a commit ends, at the latest, commitWithin
// plus loadTimeout after the invalidation, when the invalidated entry still
// exists.
const commitWithin = 500 * time.Millisecond

// Change runs commit, which changes the rows behind the documents of keys, and
// returns its error. The documents are invalidated before the commit: a reader
// may see the changed rows as soon as they are committed, for example by asking
// the owner for other data, and must not find an older document afterwards.
// Invalidating only after the commit would leave it that moment.
//
// The documents are invalidated once more if the first invalidation failed or
// the commit took so long that it may not cover it. Errors of commit do not
// prevent that, because a commit whose answer was lost may have succeeded.
// A failed invalidation is logged and retried as described at Invalidate.
func (s *Store) Change(ctx context.Context, keys []string, commit func(context.Context) error) error {
	start := time.Now()
	failed := s.Invalidate(ctx, keys...)
	err := commit(ctx)
	if failed != nil || time.Since(start) > commitWithin {
		_ = s.Invalidate(ctx, keys...)
	}
	return err
}
