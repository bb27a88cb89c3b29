package compose

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"
)

// maxCards bounds the copies of user cards; one takes a few hundred bytes.
const maxCards = 20_000

// userCards caches the authors of videos for a moment: the same few authors appear
// on page after page.
type userCards struct {
	peers peers
	cache *otter.Cache[int64, userCard]
}

func newUserCards(p peers, age time.Duration) (*userCards, error) {
	cache, err := otter.New(&otter.Options[int64, userCard]{
		MaximumSize:      maxCards,
		ExpiryCalculator: otter.ExpiryWriting[int64, userCard](age),
	})
	if err != nil {
		return nil, err
	}
	return &userCards{peers: p, cache: cache}, nil
}

// get returns cards by id, cached ones if possible.
func (c *userCards) get(ctx context.Context, ids []int64) (map[int64]userCard, error) {
	return c.cache.BulkGet(ctx, ids, otter.BulkLoaderFunc[int64, userCard](func(ctx context.Context, missing []int64) (map[int64]userCard, error) {
		// Other requests may wait for the same cards.
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return c.load(detached, missing)
	}))
}

// load calls all services at once.
func (c *userCards) load(ctx context.Context, ids []int64) (map[int64]userCard, error) {
	users := newUserBatchOf(ids...)
	err := c.peers.load(ctx, users, loadProfiles, loadWorks, loadLikes, loadRelations(nobody))
	return users.cards, err
}

func (c *userCards) close() { c.cache.StopAllGoroutines() }
