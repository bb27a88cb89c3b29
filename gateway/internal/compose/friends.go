package compose

import (
	"context"

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
	followed := follows(allFollowed)
	if viewerID != userID {
		followed = c.followedBy(ctx, viewerID)
	}
	answer, err := c.relations.ListFriends(ctx, &relationv1.ListRequest{
		UserId: userID, Cursor: page.Cursor, Limit: page.Limit, WithoutCounts: true,
	})
	if err != nil {
		return List[Friend]{}, err
	}
	newest := newestMessages{}
	cards, err := c.friendCards(ctx, viewerID, answer.GetUsers(), followed, func(ctx context.Context) error {
		if viewerID != userID {
			return nil
		}
		return newest.loadAll(ctx, c.peers, userID, answer.GetUsers())
	})
	return List[Friend]{Entries: newest.friends(viewerID, cards), Next: answer.GetNextCursor()}, err
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
	if after == firstFriend() && len(all) <= int(limit) {
		return c.allOnOnePage(ctx, userID, all, rest)
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
	cards, err := c.cards.users(ctx, userID, related(all), allFollowed)
	list.Entries = newest.friends(userID, cards)
	return list, err
}

// allOnOnePage needs the messages for the order only, so it loads them and the
// cards at once.
func (c *Composer) allOnOnePage(ctx context.Context, userID int64, all []*relationv1.UserFacts, rest string) (List[Friend], error) {
	newest := newestMessages{}
	cards, err := c.friendCards(ctx, userID, all, allFollowed, func(ctx context.Context) error {
		return newest.loadAll(ctx, c.peers, userID, all)
	})
	if err != nil {
		return List[Friend]{}, err
	}
	byID := make(map[int64]User, len(cards))
	for _, u := range cards {
		byID[u.ID] = u
	}
	newest.sort(all)
	for i, f := range all {
		cards[i] = byID[f.GetUserId()]
	}
	return List[Friend]{Entries: newest.friends(userID, cards), Next: rest}, nil
}

// allFriends returns the friends of a user that are sorted, and the cursor of the
// friends after them.
func (c *Composer) allFriends(ctx context.Context, userID int64) (all []*relationv1.UserFacts, rest string, err error) {
	for len(all) < maxSortedFriends {
		answer, err := c.relations.ListFriends(ctx, &relationv1.ListRequest{
			UserId: userID, Cursor: rest, Limit: MaxPage, WithoutCounts: true,
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

// friendCards returns the users of a list and runs more beside it.
func (c *Composer) friendCards(ctx context.Context, viewerID int64, friends []*relationv1.UserFacts, followed follows, more func(context.Context) error) (cards []User, err error) {
	err = together(ctx, more, func(ctx context.Context) (err error) {
		cards, err = c.cards.users(ctx, viewerID, related(friends), followed)
		return err
	})
	return cards, err
}

// friends joins users with their messages to or from the viewer.
func (n newestMessages) friends(viewerID int64, users []User) []Friend {
	entries := make([]Friend, len(users))
	for i, u := range users {
		newest := n[u.ID]
		kind := int64(kindReceived)
		if newest.GetFromUserId() == viewerID {
			kind = kindSent
		}
		entries[i] = Friend{User: u, Message: newest.GetContent(), Kind: kind, KindSnake: kind}
	}
	return entries
}
