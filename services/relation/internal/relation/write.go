package relation

import "context"

// Batches stores changes of follows.
type Batches interface {
	// Apply does the changes in one transaction, as if they were done one after the
	// other. A change of the state updates the counts of both users and writes an
	// event, whose version is returned; it is 0 for a change that had no effect. If
	// Apply returns an error, nothing was done, unless the answer to the commit was
	// lost.
	Apply(ctx context.Context, changes []Change) (versions []int64, err error)
}

// Writer does a change, possibly in one transaction with those of other callers. It
// returns the version of its event, or 0 if the change had no effect.
type Writer interface {
	Do(ctx context.Context, c Change) (version int64, err error)
}

// Commit returns the function that commits a batch of changes: it stores them and
// then, in one request, invalidates the hot documents of their users.
func Commit(store Batches, hot Hot) func(ctx context.Context, changes []Change) ([]int64, error) {
	return func(ctx context.Context, changes []Change) ([]int64, error) {
		versions, err := store.Apply(ctx, changes)
		if err != nil {
			return nil, err
		}
		// Invalidate even if nothing changed: this may be a repeated call, and the
		// program may have died before the invalidation of the first one.
		follows := make([]ChangedFollow, len(changes))
		for i, c := range changes {
			follows[i] = ChangedFollow{UserID: c.UserID, TargetID: c.TargetID, Version: versions[i]}
		}
		hot.FollowsChanged(ctx, follows...)
		return versions, nil
	}
}
