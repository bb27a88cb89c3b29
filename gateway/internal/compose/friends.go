package compose

import (
	"context"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
)

// Friend is a user with the newest message of the conversation, in one flat object
// as the client expects it.
type Friend struct {
	User
	Message string `json:"message"` // "" if there is none
	// Kind is 0 if the viewer received that message and 1 if the viewer sent it.
	// The client's document spells it in camel case; some clients do not.
	Kind      int64 `json:"msgType"`
	KindSnake int64 `json:"msg_type"`
}

// The kinds of a newest message.
const (
	kindReceived = 0
	kindSent     = 1
)

// maxSortedFriends is how many friends are sorted by their conversations: the most
// recent follows. The friends after them are listed in the order of the follows.
const maxSortedFriends = 5 * MaxPage

// Friends returns the mutual follows of a user as the viewer sees them. Users see
// their own friends with the newest conversation first, and friends without a
// message in the order of the follows. Only they see messages.
func (c *Composer) Friends(ctx context.Context, viewerID, userID int64, page PageRequest) (List[Friend], error) {
	if viewerID == userID {
		position, sorted, err := parseFriendPosition(page.Cursor)
		if err != nil {
			return List[Friend]{}, err
		}
		if sorted {
			return c.sortedFriends(ctx, userID, position, page.Limit)
		}
	}
	answer, err := c.relations.ListFriends(ctx, &relationv1.ListRequest{
		UserId: userID, ViewerId: viewerID, Cursor: page.Cursor, Limit: page.Limit,
	})
	if err != nil {
		return List[Friend]{}, err
	}
	friends, newest := answer.GetUsers(), newestMessages{}
	var more []loader
	if viewerID == userID {
		more = append(more, newest.load(userID))
	}
	cards, err := c.friendCards(ctx, friends, more...)
	if err != nil {
		return List[Friend]{}, err
	}
	return List[Friend]{Entries: c.friends(viewerID, friends, cards, newest), Next: answer.GetNextCursor()}, nil
}

// sortedFriends returns a page of the friends of a user after a position.
func (c *Composer) sortedFriends(ctx context.Context, userID int64, after friendPosition, limit int32) (List[Friend], error) {
	all, rest, err := c.allFriends(ctx, userID)
	if err != nil {
		return List[Friend]{}, err
	}
	if limit == 0 {
		limit = MaxPage
	}
	newest := newestMessages{}
	if after == firstFriend && len(all) <= int(limit) {
		cards, err := c.friendCards(ctx, all, newest.load(userID)) // one page, nothing to select first
		newest.sort(all)
		return List[Friend]{Entries: c.friends(userID, all, cards, newest), Next: rest}, err
	}
	if err := newest.loadAll(ctx, c.peers, userID, all); err != nil {
		return List[Friend]{}, err
	}
	newest.sort(all)
	all = all[newest.indexAfter(all, after):]
	list := List[Friend]{Next: rest}
	if len(all) > int(limit) {
		all = all[:limit]
		list.Next = newest.position(all[limit-1]).cursor()
	}
	cards, err := c.friendCards(ctx, all)
	list.Entries = c.friends(userID, all, cards, newest)
	return list, err
}

// allFriends returns the friends of a user that are sorted, and the cursor of the
// friends after them.
func (c *Composer) allFriends(ctx context.Context, userID int64) (all []*relationv1.UserFacts, rest string, err error) {
	for len(all) < maxSortedFriends {
		answer, err := c.relations.ListFriends(ctx, &relationv1.ListRequest{
			UserId: userID, ViewerId: userID, Cursor: rest, Limit: MaxPage,
		})
		if err != nil {
			return nil, "", err
		}
		all = append(all, answer.GetUsers()...)
		if rest = answer.GetNextCursor(); rest == "" {
			break
		}
	}
	return all, rest, nil
}

func (c *Composer) friendCards(ctx context.Context, friends []*relationv1.UserFacts, more ...loader) (*userBatch, error) {
	batch := newUserBatch(friends, (*relationv1.UserFacts).GetUserId)
	relations := func(b *userBatch) error { b.relations(friends); return nil }
	err := c.load(ctx, batch, append(more, c.cards.loader(relations, loadProfiles, loadWorks, loadLikes))...)
	batch.relations(friends)
	return batch, err
}

func (c *Composer) friends(viewerID int64, friends []*relationv1.UserFacts, cards *userBatch, newest newestMessages) []Friend {
	entries := make([]Friend, 0, len(friends))
	for _, f := range friends {
		entries = append(entries, c.friend(viewerID, f.GetUserId(), cards.cards[f.GetUserId()], newest[f.GetUserId()]))
	}
	return entries
}

func (c *Composer) friend(viewerID, id int64, u userCard, newest *chatv1.Message) Friend {
	kind := int64(kindReceived)
	if newest.GetFromUserId() == viewerID {
		kind = kindSent
	}
	return Friend{User: newUser(c.links, id, u), Message: newest.GetContent(), Kind: kind, KindSnake: kind}
}
