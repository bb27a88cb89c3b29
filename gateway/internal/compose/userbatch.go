package compose

import (
	"context"

	"golang.org/x/sync/errgroup"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// userCard is the data of all services about one user.
type userCard struct {
	profile         *userv1.Profile // nil: no such user
	works           int64
	given, received int64 // likes
	follows         int64
	followers       int64
	followed        bool // by the viewer
}

// nobody is the viewer of public data.
const nobody = 0

// userBatch collects the cards of many users: each service is called once for all
// of them, whatever their number.
type userBatch struct {
	ids   []int64 // without duplicates
	cards map[int64]userCard
}

// newUserBatchOf begins a batch with ids.
func newUserBatchOf(ids ...int64) *userBatch {
	b := &userBatch{ids: make([]int64, 0, len(ids)), cards: make(map[int64]userCard, len(ids))}
	for _, id := range ids {
		if _, ok := b.cards[id]; !ok {
			b.cards[id] = userCard{}
			b.ids = append(b.ids, id)
		}
	}
	return b
}

func (b *userBatch) update(id int64, fill func(*userCard)) {
	u := b.cards[id]
	fill(&u)
	b.cards[id] = u
}

func (b *userBatch) profiles(found []*userv1.Profile) {
	for _, p := range found {
		b.update(p.GetId(), func(u *userCard) { u.profile = p })
	}
}

func (b *userBatch) works(found []*videov1.WorkCount) {
	for _, w := range found {
		b.update(w.GetUserId(), func(u *userCard) { u.works = w.GetWorks() })
	}
}

func (b *userBatch) likes(found []*interactionv1.UserFacts) {
	for _, f := range found {
		b.update(f.GetUserId(), func(u *userCard) { u.given, u.received = f.GetLikesGiven(), f.GetLikesReceived() })
	}
}

func (b *userBatch) relations(found []*relationv1.UserFacts) {
	for _, f := range found {
		b.update(f.GetUserId(), func(u *userCard) {
			u.follows, u.followers, u.followed = f.GetFollows(), f.GetFollowers(), f.GetFollowed()
		})
	}
}

// loader calls one service about the users of a batch and returns a function that
// puts the answer into it.
type loader func(ctx context.Context, p peers, ids []int64) (fill func(*userBatch), err error)

func loadProfiles(ctx context.Context, p peers, ids []int64) (func(*userBatch), error) {
	answer, err := p.users.GetProfiles(ctx, &userv1.GetProfilesRequest{UserIds: ids})
	return func(b *userBatch) { b.profiles(answer.GetProfiles()) }, err
}

func loadWorks(ctx context.Context, p peers, ids []int64) (func(*userBatch), error) {
	answer, err := p.videos.CountWorks(ctx, &videov1.CountWorksRequest{UserIds: ids})
	return func(b *userBatch) { b.works(answer.GetCounts()) }, err
}

func loadLikes(ctx context.Context, p peers, ids []int64) (func(*userBatch), error) {
	answer, err := p.interactions.Lookup(ctx, &interactionv1.LookupRequest{UserIds: ids})
	return func(b *userBatch) { b.likes(answer.GetUsers()) }, err
}

// loadRelations loads the relations as a viewer (0: nobody) sees them.
func loadRelations(viewerID int64) loader {
	return func(ctx context.Context, p peers, ids []int64) (func(*userBatch), error) {
		answer, err := p.relations.Lookup(ctx, &relationv1.LookupRequest{UserIds: ids, ViewerId: viewerID})
		return func(b *userBatch) { b.relations(answer.GetUsers()) }, err
	}
}

// load runs all loaders at once.
func (p peers) load(ctx context.Context, b *userBatch, loaders ...loader) error {
	if len(b.ids) == 0 {
		return nil
	}
	fills := make([]func(*userBatch), len(loaders))
	all, ctx := errgroup.WithContext(ctx)
	for i, load := range loaders {
		all.Go(func() (err error) {
			fills[i], err = load(ctx, p, b.ids)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for _, fill := range fills {
		fill(b)
	}
	return nil
}
