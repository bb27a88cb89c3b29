package compose

import (
	"context"

	"golang.org/x/sync/errgroup"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// gathering collects the cards of many users: each owner is asked once, for all
// of them, whatever their number.
type gathering struct {
	ids   []int64 // each once
	cards map[int64]card
}

// newGathering begins with the users of an owner's list.
func newGathering[T any](entries []T, id func(T) int64) *gathering {
	g := &gathering{ids: make([]int64, 0, len(entries)), cards: make(map[int64]card, len(entries))}
	for _, entry := range entries {
		if of := id(entry); !g.has(of) {
			g.cards[of] = card{}
			g.ids = append(g.ids, of)
		}
	}
	return g
}

func (g *gathering) has(id int64) bool {
	_, ok := g.cards[id]
	return ok
}

func (g *gathering) change(id int64, fill func(*card)) {
	of := g.cards[id]
	fill(&of)
	g.cards[id] = of
}

func (g *gathering) profiles(found []*userv1.Profile) {
	for _, p := range found {
		g.change(p.GetId(), func(of *card) { of.profile = p })
	}
}

func (g *gathering) works(found []*videov1.WorkCount) {
	for _, w := range found {
		g.change(w.GetUserId(), func(of *card) { of.works = w.GetWorks() })
	}
}

func (g *gathering) likes(found []*interactionv1.UserFacts) {
	for _, f := range found {
		g.change(f.GetUserId(), func(of *card) { of.given, of.received = f.GetLikesGiven(), f.GetLikesReceived() })
	}
}

func (g *gathering) relations(found []*relationv1.UserFacts) {
	for _, f := range found {
		g.change(f.GetUserId(), func(of *card) {
			of.follows, of.followers, of.followed = f.GetFollows(), f.GetFollowers(), f.GetFollowed()
		})
	}
}

// want asks one owner about the users of a gathering and returns what to do
// with the answer.
type want func(ctx context.Context, c *Composer, ids []int64) (fill func(*gathering), err error)

func wantProfiles(ctx context.Context, c *Composer, ids []int64) (func(*gathering), error) {
	answer, err := c.users.GetProfiles(ctx, &userv1.GetProfilesRequest{UserIds: ids})
	return func(g *gathering) { g.profiles(answer.GetProfiles()) }, err
}

func wantWorks(ctx context.Context, c *Composer, ids []int64) (func(*gathering), error) {
	answer, err := c.videos.CountWorks(ctx, &videov1.CountWorksRequest{UserIds: ids})
	return func(g *gathering) { g.works(answer.GetCounts()) }, err
}

func wantLikes(ctx context.Context, c *Composer, ids []int64) (func(*gathering), error) {
	answer, err := c.interactions.Lookup(ctx, &interactionv1.LookupRequest{UserIds: ids})
	return func(g *gathering) { g.likes(answer.GetUsers()) }, err
}

// wantRelations asks as a viewer, 0 for nobody.
func wantRelations(viewerID int64) want {
	return func(ctx context.Context, c *Composer, ids []int64) (func(*gathering), error) {
		answer, err := c.relations.Lookup(ctx, &relationv1.LookupRequest{UserIds: ids, ViewerId: viewerID})
		return func(g *gathering) { g.relations(answer.GetUsers()) }, err
	}
}

// gather asks all at once.
func (c *Composer) gather(ctx context.Context, g *gathering, wants ...want) error {
	if len(g.ids) == 0 {
		return nil
	}
	fills := make([]func(*gathering), len(wants))
	all, ctx := errgroup.WithContext(ctx)
	for i, ask := range wants {
		all.Go(func() (err error) {
			fills[i], err = ask(ctx, c, g.ids)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for _, fill := range fills {
		fill(g)
	}
	return nil
}
