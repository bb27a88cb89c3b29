package compose

import (
	"cmp"
	"context"
	"slices"

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

// Friends returns the mutual follows of a user as the viewer sees them, the newest
// conversation first. Only the user sees messages.
func (c *Composer) Friends(ctx context.Context, viewerID, userID int64, page PageRequest) (List[Friend], error) {
	answer, err := c.relations.ListFriends(ctx, &relationv1.ListRequest{
		UserId: userID, ViewerId: viewerID, Cursor: page.Cursor, Limit: page.Limit,
	})
	if err != nil {
		return List[Friend]{}, err
	}
	friends := newUserBatch(answer.GetUsers(), (*relationv1.UserFacts).GetUserId)
	friends.relations(answer.GetUsers())
	newest := map[int64]*chatv1.Message{}
	loaders := []loader{loadProfiles, loadWorks, loadLikes}
	if viewerID == userID {
		loaders = append(loaders, loadMessages(viewerID, newest))
	}
	if err := c.load(ctx, friends, loaders...); err != nil {
		return List[Friend]{}, err
	}
	list := List[Friend]{Entries: make([]Friend, 0, len(friends.ids)), Next: answer.GetNextCursor()}
	for _, id := range friends.ids {
		list.Entries = append(list.Entries, c.friend(viewerID, id, friends.cards[id], newest[id]))
	}
	// A stable sort keeps friends without a message in the order of the follows.
	slices.SortStableFunc(list.Entries, func(a, b Friend) int {
		return cmp.Compare(newest[b.ID].GetCreatedAtMs(), newest[a.ID].GetCreatedAtMs())
	})
	return list, nil
}

// loadMessages finds the newest message between a user and every user of a batch.
func loadMessages(userID int64, newest map[int64]*chatv1.Message) loader {
	return func(ctx context.Context, p peers, ids []int64) (func(*userBatch), error) {
		answer, err := p.chats.LatestByPeer(ctx, &chatv1.LatestByPeerRequest{UserId: userID, PeerIds: ids})
		return func(*userBatch) {
			for _, m := range answer.GetMessages() {
				peer := m.GetFromUserId()
				if peer == userID {
					peer = m.GetToUserId()
				}
				newest[peer] = m
			}
		}, err
	}
}

func (c *Composer) friend(viewerID, id int64, u userCard, newest *chatv1.Message) Friend {
	kind := int64(kindReceived)
	if newest.GetFromUserId() == viewerID {
		kind = kindSent
	}
	return Friend{User: newUser(c.links, id, u), Message: newest.GetContent(), Kind: kind, KindSnake: kind}
}
