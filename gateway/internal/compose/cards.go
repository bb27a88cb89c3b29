package compose

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// maxCards bounds the copies of user cards; one takes a few hundred bytes.
const maxCards = 20_000

// cards are the users beside videos, kept for a moment: the same few authors
// appear on page after page.
type cards struct {
	composer *Composer
	kept     *otter.Cache[int64, card]
}

func newCards(c *Composer, age time.Duration) (*cards, error) {
	kept, err := otter.New(&otter.Options[int64, card]{
		MaximumSize:      maxCards,
		ExpiryCalculator: otter.ExpiryWriting[int64, card](age),
	})
	if err != nil {
		return nil, err
	}
	return &cards{composer: c, kept: kept}, nil
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

// load asks the owners, all at once.
func (c *cards) load(ctx context.Context, ids []int64) (map[int64]card, error) {
	users := newGathering(ids, func(id int64) int64 { return id })
	err := c.composer.gather(ctx, users, wantProfiles, wantWorks, wantLikes, wantRelations(nobody))
	return users.cards, err
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
