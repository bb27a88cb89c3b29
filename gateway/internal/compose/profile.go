package compose

import (
	"context"
	"strconv"

	"golang.org/x/sync/errgroup"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// User is one user as the viewer (0: nobody) sees them, exact at the moment of
// asking. Refusal: USER_UNKNOWN.
func (c *Composer) User(ctx context.Context, viewerID, id int64) (User, error) {
	of, err := c.exactCard(ctx, viewerID, id)
	if err != nil {
		return User{}, err
	}
	if of.profile == nil {
		return User{}, errs.New(errs.NotFound, "USER_UNKNOWN", "there is no such user")
	}
	return c.user(id, of), nil
}

// exactCard reads the hot documents about a user, and whom the viewer follows,
// in one request, and asks the owners, in parallel, for what is missing there.
func (c *Composer) exactCard(ctx context.Context, viewerID, id int64) (card, error) {
	user := newGathering([]int64{id}, func(id int64) int64 { return id })
	wants := c.fromHot(ctx, viewerID, id, user)
	err := c.gather(ctx, user, wants...)
	return user.cards[id], err
}

// fromHot fills in what the hot documents know and returns what is left to ask.
func (c *Composer) fromHot(ctx context.Context, viewerID, id int64, user *gathering) []want {
	profileKey, worksKey := hotv1.UserProfileKey(id), hotv1.AuthorWorksKey(id)
	likesKey, relationsKey := hotv1.UserLikesKey(id), hotv1.UserRelationsKey(id)
	keys := []string{profileKey, worksKey, likesKey, relationsKey}
	stranger := viewerID != nobody && viewerID != id // nobody follows themselves
	if stranger {
		keys = append(keys, hotv1.FollowSetKey(viewerID))
	}
	snapshot := c.hot.Snapshot(ctx, keys...)
	var wants []want
	if doc, ok := hotstate.Read[*hotv1.UserProfile](snapshot, profileKey); ok && doc.GetProfile() != nil {
		user.change(id, func(of *card) { of.profile = doc.GetProfile() })
	} else {
		wants = append(wants, wantProfiles)
	}
	if doc, ok := hotstate.Read[*hotv1.AuthorWorks](snapshot, worksKey); ok {
		user.change(id, func(of *card) { of.works = doc.GetWorks() })
	} else {
		wants = append(wants, wantWorks)
	}
	if doc, ok := hotstate.Read[*hotv1.UserLikes](snapshot, likesKey); ok {
		user.change(id, func(of *card) { of.given, of.received = doc.GetGiven(), doc.GetReceived() })
	} else {
		wants = append(wants, wantLikes)
	}
	if doc, ok := hotstate.Read[*hotv1.UserRelations](snapshot, relationsKey); ok {
		user.change(id, func(of *card) { of.follows, of.followers = doc.GetFollows(), doc.GetFollowers() })
	} else {
		wants = append(wants, wantRelations(nobody))
	}
	if stranger {
		wants = append(wants, wantFollowed(viewerID, snapshot))
	}
	return wants
}

// wantFollowed tells whether the viewer follows the users: from the viewer's
// follow set if the snapshot has it, else from its owner.
func wantFollowed(viewerID int64, snapshot hotstate.Snapshot) want {
	return func(ctx context.Context, c *Composer, ids []int64) (func(*gathering), error) {
		set, err := c.followSet(ctx, viewerID, snapshot, ids)
		return func(g *gathering) {
			for _, id := range ids {
				g.change(id, func(of *card) { of.followed = set.has(id) })
			}
		}, err
	}
}

// Works are the videos of one author published before a moment (Unix
// milliseconds, 0 for now), newest first, as the viewer (0: nobody) sees them,
// exact at the moment of asking: authors see their own in every state, others
// the ready ones. An unknown author has none.
func (c *Composer) Works(ctx context.Context, viewerID, authorID, beforeMS int64, limit int32) (List[Video], error) {
	var list *videov1.ListByAuthorResponse
	var of card
	both, bothCtx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		list, err = c.videos.ListByAuthor(bothCtx, &videov1.ListByAuthorRequest{
			AuthorId: authorID, BeforeMs: beforeMS, Limit: limit, Own: viewerID != nobody && viewerID == authorID,
		})
		return err
	})
	both.Go(func() (err error) {
		of, err = c.exactCard(bothCtx, viewerID, authorID)
		return err
	})
	if err := both.Wait(); err != nil {
		return List[Video]{}, err
	}
	facts, err := c.facts(ctx, viewerID, list.GetVideos())
	if err != nil {
		return List[Video]{}, err
	}
	author := c.user(authorID, of)
	works := List[Video]{Entries: make([]Video, 0, len(list.GetVideos()))}
	for _, v := range list.GetVideos() {
		works.Entries = append(works.Entries, c.video(v, author, facts[v.GetId()]))
	}
	if list.GetNextBeforeMs() > 0 {
		works.Next = strconv.FormatInt(list.GetNextBeforeMs(), 10)
	}
	return works, nil
}
