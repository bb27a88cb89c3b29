package compose

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// follows returns the users that a viewer follows, complete for ids.
type follows func(ctx context.Context, ids []int64) (idSet, error)

// followedBy begins to read the follow set of a viewer (0: nobody), so that the
// read runs beside the call of a list's owner.
func (p peers) followedBy(ctx context.Context, viewerID int64) follows {
	if viewerID == nobody {
		return func(context.Context, []int64) (idSet, error) { return idSet{}, nil }
	}
	read := make(chan hotstate.Snapshot, 1)
	go func() { read <- p.hot.Snapshot(ctx, hotv1.FollowSetKey(viewerID)) }()
	return func(ctx context.Context, ids []int64) (idSet, error) {
		return p.followSet(ctx, viewerID, <-read, ids)
	}
}

// allFollowed are the flags of a list of users whom its viewer follows.
func allFollowed(_ context.Context, ids []int64) (idSet, error) {
	return idSet{ids: slices.Sorted(slices.Values(ids))}, nil
}

// together runs functions at once. It returns the first error and cancels the
// others' context.
func together(ctx context.Context, all ...func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, one := range all {
		group.Go(func() error { return one(ctx) })
	}
	return group.Wait()
}
