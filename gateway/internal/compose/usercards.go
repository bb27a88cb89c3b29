package compose

import (
	"context"
	"maps"
	"time"

	"github.com/maypok86/otter/v2"
)

// maxCards bounds the copies of user cards; one takes a few hundred bytes.
const maxCards = 20_000

// userCards caches the users of feeds and lists for a moment: the same few appear on
// page after page. Their counts may be as old as a card.
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
	return c.getOrLoad(ctx, ids, nil, allOwners()...)
}

// loader returns a loader that fills in the cards of a batch, as nobody in
// particular sees them. For users without a cached card it runs the loaders, and
// then known, which fills in what the owner of a list has sent about its users.
// Together they must fill in every field.
func (c *userCards) loader(known func(*userBatch) error, loaders ...loader) loader {
	return func(ctx context.Context, _ peers, ids []int64) (func(*userBatch), error) {
		found, err := c.getOrLoad(ctx, ids, known, loaders...)
		return func(b *userBatch) { maps.Copy(b.cards, found) }, err
	}
}

func (c *userCards) getOrLoad(ctx context.Context, ids []int64, known func(*userBatch) error, loaders ...loader) (map[int64]userCard, error) {
	return c.cache.BulkGet(ctx, ids, otter.BulkLoaderFunc[int64, userCard](func(ctx context.Context, missing []int64) (map[int64]userCard, error) {
		// Other requests may wait for the same cards.
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		users := newUserBatchOf(missing...)
		if err := c.peers.load(detached, users, loaders...); err != nil {
			return nil, err
		}
		if known != nil {
			if err := known(users); err != nil {
				return nil, err
			}
		}
		return users.public(), nil
	}))
}

// load calls all services at once, without the cache.
func (c *userCards) load(ctx context.Context, ids []int64) (map[int64]userCard, error) {
	users := newUserBatchOf(ids...)
	err := c.peers.load(ctx, users, allOwners()...)
	return users.cards, err
}

func allOwners() []loader {
	return []loader{loadProfiles, loadWorks, loadLikes, loadRelations(nobody)}
}

func (c *userCards) close() { c.cache.StopAllGoroutines() }
