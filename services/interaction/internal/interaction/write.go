package interaction

import (
	"context"
)

// Write is a change that a user asked for. Exactly one of Like, Add and Delete is
// set.
type Write struct {
	Like   *LikeChange
	Add    *Comment // to be written
	Delete *Comment // to be deleted
	// TraceParent is the trace of the request, which its event carries.
	TraceParent string
}

// Outcome is the result of a write.
type Outcome struct {
	Changed bool    // a like or a deletion changed something
	Version int64   // of a like that changed: the version of its event
	Comment Comment // of Add: the comment, or the first one with its request id
	Err     error   // a refusal: ErrVideoUnknown
}

// Batches stores writes.
type Batches interface {
	// Apply does the writes in one transaction and returns an outcome for each,
	// as if they were done one after the other. If it returns an error, none was
	// done, unless the answer to the commit was lost.
	//
	// A like that changes its state updates the counts and writes an event. A
	// comment is written with its count and its event, unless its writer used the
	// request id before: then nothing is written, and the outcome is the first
	// comment. New likes and comments of a video that was marked as deleted (see
	// Purges) are refused with ErrVideoUnknown. A deletion updates the count and
	// writes an event, unless the comment was deleted before.
	Apply(ctx context.Context, writes []Write) ([]Outcome, error)
}

// Writer does a write, possibly in one transaction with those of other callers. Its
// error is a failure; refusals are outcomes.
type Writer interface {
	Do(ctx context.Context, w Write) (Outcome, error)
}

// Commit returns the function that commits a batch of writes: it stores them and
// then, in one request, invalidates the hot documents of their likes.
func Commit(store Batches, hot Hot) func(ctx context.Context, writes []Write) ([]Outcome, error) {
	return func(ctx context.Context, writes []Write) ([]Outcome, error) {
		outcomes, err := store.Apply(ctx, writes)
		if err != nil {
			return nil, err
		}
		var likes []ChangedLike
		for i, w := range writes {
			// Invalidate even if nothing changed: this may be a repeated call, and
			// the program may have died before the invalidation of the first one.
			if w.Like != nil && outcomes[i].Err == nil {
				likes = append(likes, ChangedLike{
					UserID: w.Like.UserID, VideoID: w.Like.VideoID, AuthorID: w.Like.AuthorID, Version: outcomes[i].Version,
				})
			}
		}
		if len(likes) > 0 {
			hot.LikesChanged(ctx, likes...)
		}
		return outcomes, nil
	}
}
