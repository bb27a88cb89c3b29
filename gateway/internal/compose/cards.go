package compose

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/errgroup"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// maxCards bounds the copies of user cards; one takes a few hundred bytes.
const maxCards = 20_000

// cards are the users beside videos, kept for a moment: the same few authors
// appear on page after page.
type cards struct {
	users  Users
	videos Videos
	kept   *otter.Cache[int64, card]
}

func newCards(users Users, videos Videos, age time.Duration) (*cards, error) {
	kept, err := otter.New(&otter.Options[int64, card]{
		MaximumSize:      maxCards,
		ExpiryCalculator: otter.ExpiryWriting[int64, card](age),
	})
	if err != nil {
		return nil, err
	}
	return &cards{users: users, videos: videos, kept: kept}, nil
}

// get answers for ids, from copies where there are any.
func (c *cards) get(ctx context.Context, ids []int64) (map[int64]card, error) {
	return c.kept.BulkGet(ctx, ids, otter.BulkLoaderFunc[int64, card](func(ctx context.Context, missing []int64) (map[int64]card, error) {
		// Others may wait for the same cards.
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return c.load(detached, missing)
	}))
}

// load asks the owners, both at once.
func (c *cards) load(ctx context.Context, ids []int64) (map[int64]card, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var profiles *userv1.GetProfilesResponse
	var works *videov1.CountWorksResponse
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		profiles, err = c.users.GetProfiles(ctx, &userv1.GetProfilesRequest{UserIds: ids})
		return err
	})
	both.Go(func() (err error) {
		works, err = c.videos.CountWorks(ctx, &videov1.CountWorksRequest{UserIds: ids})
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, err
	}
	found := make(map[int64]card, len(ids))
	for _, p := range profiles.GetProfiles() {
		found[p.GetId()] = card{profile: p}
	}
	for _, w := range works.GetCounts() {
		of := found[w.GetUserId()]
		of.works = w.GetWorks()
		found[w.GetUserId()] = of
	}
	return found, nil
}

func (c *cards) close() { c.kept.StopAllGoroutines() }

// authors are the different authors of videos.
func authors(videos []*videov1.Video) []int64 {
	ids := make([]int64, 0, len(videos))
	seen := make(map[int64]bool, len(videos))
	for _, v := range videos {
		if id := v.GetAuthorId(); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}
