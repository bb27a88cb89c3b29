package compose

import (
	"context"

	"golang.org/x/sync/errgroup"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// User is one user, exact at the moment of asking. Refusal: USER_UNKNOWN.
func (c *Composer) User(ctx context.Context, id int64) (User, error) {
	of, err := c.exactCard(ctx, id)
	if err != nil {
		return User{}, err
	}
	if of.profile == nil {
		return User{}, errs.New(errs.NotFound, "USER_UNKNOWN", "there is no such user")
	}
	return c.user(id, of), nil
}

// exactCard reads the hot documents of a user in one request and asks the
// owners, in parallel, for what is missing there.
func (c *Composer) exactCard(ctx context.Context, id int64) (card, error) {
	profileKey, worksKey := hotv1.UserProfileKey(id), hotv1.AuthorWorksKey(id)
	snapshot := c.hot.Snapshot(ctx, profileKey, worksKey)
	var of card
	missing, ctx := errgroup.WithContext(ctx)
	if doc, ok := hotstate.Read[*hotv1.UserProfile](snapshot, profileKey); ok && doc.GetProfile() != nil {
		of.profile = doc.GetProfile()
	} else {
		missing.Go(func() error {
			answer, err := c.users.GetProfiles(ctx, &userv1.GetProfilesRequest{UserIds: []int64{id}})
			if found := answer.GetProfiles(); len(found) > 0 {
				of.profile = found[0]
			}
			return err
		})
	}
	if doc, ok := hotstate.Read[*hotv1.AuthorWorks](snapshot, worksKey); ok {
		of.works = doc.GetWorks()
	} else {
		missing.Go(func() error {
			answer, err := c.videos.CountWorks(ctx, &videov1.CountWorksRequest{UserIds: []int64{id}})
			if counts := answer.GetCounts(); len(counts) > 0 {
				of.works = counts[0].GetWorks()
			}
			return err
		})
	}
	err := missing.Wait()
	return of, err
}

// Works are all the videos of one author, newest first, exact at the moment of
// asking. An unknown author has none.
func (c *Composer) Works(ctx context.Context, authorID int64) ([]Video, error) {
	var list *videov1.ListByAuthorResponse
	var of card
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		list, err = c.videos.ListByAuthor(ctx, &videov1.ListByAuthorRequest{AuthorId: authorID})
		return err
	})
	both.Go(func() (err error) {
		of, err = c.exactCard(ctx, authorID)
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, err
	}
	author := c.user(authorID, of)
	videos := make([]Video, 0, len(list.GetVideos()))
	for _, v := range list.GetVideos() {
		videos = append(videos, c.video(v, author))
	}
	return videos, nil
}
