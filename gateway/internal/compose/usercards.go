package compose

import (
	"context"
	"slices"
	"time"
)

// maxCards bounds a generation of user cards; one takes about a kilobyte.
const maxCards = 20_000

// userCards caches the users of feeds and lists for a moment, as nobody in
// particular sees them: the same few appear on page after page. Their counts may be
// as old as a card.
type userCards struct {
	peers peers
	links Links
	*copies[User]
}

func newUserCards(p peers, links Links) *userCards {
	c := &userCards{peers: p, links: links}
	c.copies = newCopies(maxCards, c.load)
	return c
}

// one returns the card of one user. If it is not cached, it comes from the hot
// documents, which for one user cost less than four calls.
func (c *userCards) one(ctx context.Context, id int64) (User, error) {
	if user, ok := c.fresh(id); ok {
		return user, nil
	}
	since := time.Now()
	card, err := c.peers.card(ctx, nobody, id)
	if err != nil {
		return User{}, err
	}
	user := newUser(c.links, id, card).encode()
	c.put(id, user, since)
	return user, nil
}

// load calls all services at once, without the cache.
func (c *userCards) load(ctx context.Context, ids []int64) (map[int64]User, error) {
	users := newUserBatchOf(ids...)
	if err := c.peers.load(ctx, users, allOwners()...); err != nil {
		return nil, err
	}
	found := make(map[int64]User, len(ids))
	for _, id := range ids {
		found[id] = newUser(c.links, id, users.cards[id]).encode()
	}
	return found, nil
}

func allOwners() []loader {
	return []loader{loadProfiles, loadWorks, loadLikes, loadRelations(nobody)}
}

// users returns the users of a list, in the order of ids, as a viewer (0: nobody)
// sees them. flags say whom the viewer follows. The viewer's own card is exact:
// somebody who just did something looks at it.
func (c *userCards) users(ctx context.Context, viewerID int64, ids []int64, flags follows) ([]User, error) {
	if len(ids) == 0 {
		return []User{}, nil
	}
	var found []User
	var set idSet
	var own User
	err := together(ctx,
		func(ctx context.Context) (err error) {
			found, err = c.get(ctx, ids)
			return err
		},
		func(ctx context.Context) (err error) {
			set, err = flags(ctx, ids)
			return err
		},
		func(ctx context.Context) error {
			if viewerID == nobody || !slices.Contains(ids, viewerID) {
				return nil
			}
			card, err := c.peers.card(ctx, nobody, viewerID)
			own = newUser(c.links, viewerID, card)
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if id == viewerID && viewerID != nobody {
			found[i] = own
		}
		found[i].IsFollow = set.has(id)
	}
	return found, nil
}
