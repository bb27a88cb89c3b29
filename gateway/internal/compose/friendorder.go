package compose

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// friendPosition is a place in a user's list of friends, which is ordered by these
// fields, largest first.
type friendPosition struct {
	messageMS int64 // time of the newest message, 0 without one
	sinceMS   int64 // time of the follow
	userID    int64
}

// firstFriend returns the position before all friends.
func firstFriend() friendPosition { return friendPosition{messageMS: math.MaxInt64} }

func (p friendPosition) compare(q friendPosition) int {
	return cmp.Or(cmp.Compare(q.messageMS, p.messageMS), cmp.Compare(q.sinceMS, p.sinceMS), cmp.Compare(q.userID, p.userID))
}

const friendCursorPrefix = "m"

func (p friendPosition) cursor() string {
	return fmt.Sprintf("%s%d-%d-%d", friendCursorPrefix, p.messageMS, p.sinceMS, p.userID)
}

// parseFriendPosition reads a cursor. sorted is false for a cursor of the relation
// service.
func parseFriendPosition(cursor string) (p friendPosition, sorted bool, err error) {
	if cursor == "" {
		return firstFriend(), true, nil
	}
	text, sorted := strings.CutPrefix(cursor, friendCursorPrefix)
	if !sorted {
		return friendPosition{}, false, nil
	}
	_, err = fmt.Sscanf(text, "%d-%d-%d", &p.messageMS, &p.sinceMS, &p.userID)
	if err != nil || p.cursor() != cursor {
		return friendPosition{}, true, errs.New(errs.Invalid, relationv1.ReasonCursorInvalid, "not a cursor of this list")
	}
	return p, true, nil
}

// newestMessages are the newest messages of a user's conversations by peer.
type newestMessages map[int64]*chatv1.Message

// loadAll adds the messages between a user and any number of friends.
func (n newestMessages) loadAll(ctx context.Context, p peers, userID int64, friends []*relationv1.UserFacts) error {
	batches := slices.Collect(slices.Chunk(friends, MaxPage))
	answers := make([]*chatv1.LatestByPeerResponse, len(batches))
	all, ctx := errgroup.WithContext(ctx)
	for i, batch := range batches {
		all.Go(func() (err error) {
			answers[i], err = p.chats.LatestByPeer(ctx, &chatv1.LatestByPeerRequest{UserId: userID, PeerIds: related(batch)})
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for _, answer := range answers {
		n.add(userID, answer.GetMessages())
	}
	return nil
}

func (n newestMessages) add(userID int64, messages []*chatv1.Message) {
	for _, m := range messages {
		peer := m.GetFromUserId()
		if peer == userID {
			peer = m.GetToUserId()
		}
		n[peer] = m
	}
}

func (n newestMessages) position(f *relationv1.UserFacts) friendPosition {
	return friendPosition{n[f.GetUserId()].GetCreatedAtMs(), f.GetListedSinceMs(), f.GetUserId()}
}

// sort puts the newest conversation first. Friends that compare equal keep their
// order, because a relation service of an older build does not send the time of a
// follow.
func (n newestMessages) sort(friends []*relationv1.UserFacts) {
	slices.SortStableFunc(friends, func(a, b *relationv1.UserFacts) int {
		p, q := n.position(a), n.position(b)
		if p.sinceMS == 0 && q.sinceMS == 0 {
			p.userID, q.userID = 0, 0
		}
		return p.compare(q)
	})
}

// indexAfter returns the index of the first of the sorted friends after a position.
func (n newestMessages) indexAfter(friends []*relationv1.UserFacts, after friendPosition) int {
	return sort.Search(len(friends), func(i int) bool { return n.position(friends[i]).compare(after) > 0 })
}
