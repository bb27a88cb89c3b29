package relation

import "context"

// Batches stores changes of follows.
type Batches interface {
	// Apply does the changes in one transaction, as if they were done one after the
	// other, and reports for each whether the state changed. A change of the state
	// updates the counts of both users and writes an event. If Apply returns an
	// error, nothing was done, unless the answer to the commit was lost.
	Apply(ctx context.Context, changes []Change) (changed []bool, err error)
}

// Writer does a change, possibly in one transaction with those of other callers, and
// reports whether the state changed.
type Writer interface {
	Do(ctx context.Context, c Change) (changed bool, err error)
}

// Commit returns the function that commits a batch of changes: it stores them and
// then, in one request, invalidates the hot documents of their users.
func Commit(store Batches, hot Hot) func(ctx context.Context, changes []Change) ([]bool, error) {
	return func(ctx context.Context, changes []Change) ([]bool, error) {
		changed, err := store.Apply(ctx, changes)
		if err != nil {
			return nil, err
		}
		// Invalidate even if nothing changed: this may be a repeated call, and the
		// program may have died before the invalidation of the first one.
		follows := make([]FollowUsers, len(changes))
		for i, c := range changes {
			follows[i] = FollowUsers{UserID: c.UserID, TargetID: c.TargetID}
		}
		hot.FollowsChanged(ctx, follows...)
		return changed, nil
	}
}
