package compose

import (
	"context"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// User returns a user as the viewer (0: nobody) sees them now, without a cache.
// Refusal: USER_UNKNOWN.
func (c *Composer) User(ctx context.Context, viewerID, id int64) (User, error) {
	u, err := c.exact.card(ctx, viewerID, id)
	if err != nil {
		return User{}, err
	}
	if u.profile == nil {
		return User{}, errs.New(errs.NotFound, userv1.ReasonUserUnknown, "there is no such user")
	}
	return newUser(c.links, id, u), nil
}

// card reads the hot documents about a user, and the follows of the viewer,
// in one request, and calls the owners, in parallel, for missing documents.
func (p peers) card(ctx context.Context, viewerID, id int64) (userCard, error) {
	user := newUserBatchOf(id)
	loaders := p.fillFromHot(ctx, viewerID, id, user)
	err := p.load(ctx, user, loaders...)
	return user.cards[id], err
}

// fillFromHot fills in the data of the hot documents and returns loaders for the
// rest.
func (p peers) fillFromHot(ctx context.Context, viewerID, id int64, user *userBatch) []loader {
	profileKey, worksKey := hotv1.UserProfileKey(id), hotv1.AuthorWorksKey(id)
	likesKey, relationsKey := hotv1.UserLikesKey(id), hotv1.UserRelationsKey(id)
	keys := []string{profileKey, worksKey, likesKey, relationsKey}
	other := viewerID != nobody && viewerID != id // nobody follows themselves
	if other {
		keys = append(keys, hotv1.FollowSetKey(viewerID))
	}
	snapshot := p.hot.Snapshot(ctx, keys...)
	var loaders []loader
	if doc, ok := hotstate.Read[*hotv1.UserProfile](snapshot, profileKey); ok && doc.GetProfile() != nil {
		user.update(id, func(u *userCard) { u.profile = doc.GetProfile() })
	} else {
		loaders = append(loaders, loadProfiles)
	}
	if doc, ok := hotstate.Read[*hotv1.AuthorWorks](snapshot, worksKey); ok {
		user.update(id, func(u *userCard) { u.works = doc.GetWorks() })
	} else {
		loaders = append(loaders, loadWorks)
	}
	if doc, ok := hotstate.Read[*hotv1.UserLikes](snapshot, likesKey); ok {
		user.update(id, func(u *userCard) { u.given, u.received = doc.GetGiven(), doc.GetReceived() })
	} else {
		loaders = append(loaders, loadLikes)
	}
	if doc, ok := hotstate.Read[*hotv1.UserRelations](snapshot, relationsKey); ok {
		user.update(id, func(u *userCard) { u.follows, u.followers = doc.GetFollows(), doc.GetFollowers() })
	} else {
		loaders = append(loaders, loadRelations(nobody))
	}
	if other {
		loaders = append(loaders, loadFollowed(viewerID, snapshot))
	}
	return loaders
}

// loadFollowed loads whether the viewer follows the users: from the follow set in
// the snapshot, otherwise from its owner.
func loadFollowed(viewerID int64, snapshot hotstate.Snapshot) loader {
	return func(ctx context.Context, p peers, ids []int64) (func(*userBatch), error) {
		set, err := p.followSet(ctx, viewerID, snapshot, ids)
		return func(b *userBatch) {
			for _, id := range ids {
				b.update(id, func(u *userCard) { u.followed = set.has(id) })
			}
		}, err
	}
}
