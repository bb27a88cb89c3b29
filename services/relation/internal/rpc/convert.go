package rpc

import (
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// fromStats makes the contract's messages, in the same order.
func fromStats(stats []relation.Stats) []*relationv1.UserFacts {
	all := make([]*relationv1.UserFacts, len(stats))
	for i, s := range stats {
		all[i] = &relationv1.UserFacts{
			UserId: s.UserID, Follows: s.Follows, Followers: s.Followers, Followed: s.Followed, ListedSinceMs: s.ListedSinceMS,
		}
	}
	return all
}
