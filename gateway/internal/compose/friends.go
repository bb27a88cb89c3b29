package compose

import (
	"cmp"
	"context"
	"slices"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
)

// Friend is a user with the newest message of the conversation, all in one flat
// object, as the client wants it.
type Friend struct {
	User
	Message string `json:"message"` // "" if there is none
	// Kind is 0 if the viewer received that message and 1 if the viewer sent it.
	// The client's document spells it in camel case, some clients do not.
	Kind      int64 `json:"msgType"`
	KindSnake int64 `json:"msg_type"`
}

// The kinds of a newest message.
const (
	received = 0
	sent     = 1
)

// Friends are the mutual follows of a user as the viewer sees them, the newest
// conversation first. Messages are shown to the user alone.
func (c *Composer) Friends(ctx context.Context, viewerID, userID int64, page PageRequest) (List[Friend], error) {
	answer, err := c.relations.ListFriends(ctx, &relationv1.ListRequest{
		UserId: userID, ViewerId: viewerID, Cursor: page.Cursor, Limit: page.Limit,
	})
	if err != nil {
		return List[Friend]{}, err
	}
	friends := newGathering(answer.GetUsers(), (*relationv1.UserFacts).GetUserId)
	friends.relations(answer.GetUsers())
	newest := map[int64]*chatv1.Message{}
	wants := []want{wantProfiles, wantWorks, wantLikes}
	if viewerID == userID {
		wants = append(wants, wantMessages(viewerID, newest))
	}
	if err := c.gather(ctx, friends, wants...); err != nil {
		return List[Friend]{}, err
	}
	list := List[Friend]{Entries: make([]Friend, 0, len(friends.ids)), Next: answer.GetNextCursor()}
	for _, id := range friends.ids {
		list.Entries = append(list.Entries, c.friend(viewerID, id, friends.cards[id], newest[id]))
	}
	// Stable, so that friends who never wrote stay in the order of the follows.
	slices.SortStableFunc(list.Entries, func(a, b Friend) int {
		return cmp.Compare(newest[b.ID].GetCreatedAtMs(), newest[a.ID].GetCreatedAtMs())
	})
	return list, nil
}

// wantMessages finds the newest message between a user and each other one.
func wantMessages(userID int64, newest map[int64]*chatv1.Message) want {
	return func(ctx context.Context, c *Composer, ids []int64) (func(*gathering), error) {
		answer, err := c.chats.LatestByPeer(ctx, &chatv1.LatestByPeerRequest{UserId: userID, PeerIds: ids})
		return func(*gathering) {
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

func (c *Composer) friend(viewerID, id int64, of card, newest *chatv1.Message) Friend {
	kind := int64(received)
	if newest.GetFromUserId() == viewerID {
		kind = sent
	}
	return Friend{User: c.user(id, of), Message: newest.GetContent(), Kind: kind, KindSnake: kind}
}
