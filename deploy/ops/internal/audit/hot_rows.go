package audit

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

// The lengths at which documents are cut, as in the contract.
const (
	maxSet    = 5000
	maxHead   = 90
	maxWindow = 50
)

// family is one kind of hot document and the way to rebuild it from the rows of
// its owner. rebuild receives the key and the numbers at its end. It returns nil
// if the rows may be gone although the document is right.
type family struct {
	service string
	tables  []string
	numbers int // how many a key ends with
	empty   func() proto.Message
	rebuild func(ctx context.Context, q servicedb.Querier, key string, numbers []int64) (proto.Message, error)
}

// families returns all kinds by the first word of their keys.
func families() map[string]family {
	return map[string]family{
		"user":    {user, []string{"users"}, 1, func() proto.Message { return &hotv1.UserProfile{} }, profile},
		"work":    {video, []string{"authors"}, 1, func() proto.Message { return &hotv1.AuthorWorks{} }, works},
		"feed":    {video, []string{"videos"}, 0, func() proto.Message { return &hotv1.FeedHead{} }, feedHead},
		"likes":   {interaction, []string{"likes"}, 1, func() proto.Message { return &hotv1.LikeSet{} }, likeSet},
		"given":   {interaction, []string{"user_counts"}, 1, func() proto.Message { return &hotv1.UserLikes{} }, userLikes},
		"follows": {relation, []string{"follows"}, 1, func() proto.Message { return &hotv1.FollowSet{} }, followSet},
		"rel":     {relation, []string{"counts"}, 1, func() proto.Message { return &hotv1.UserRelations{} }, userRelations},
		"chat":    {chat, []string{"messages"}, 2, func() proto.Message { return &hotv1.ChatWindow{} }, chatWindow},
		"place":   {chat, []string{"places"}, 1, func() proto.Message { return &hotv1.ChatDeliveryPosition{} }, deliveryPosition},
	}
}

// numbersOf reads the n numbers at the end of a key. ok is false if the key has
// no such numbers.
func numbersOf(key string, n int) (numbers []int64, ok bool) {
	words := strings.Split(key, ":")
	if len(words) <= n {
		return nil, false
	}
	numbers = make([]int64, n)
	for i, word := range words[len(words)-n:] {
		var err error
		if numbers[i], err = strconv.ParseInt(word, 10, 64); err != nil {
			return nil, false
		}
	}
	return numbers, true
}

func profile(ctx context.Context, q servicedb.Querier, _ string, numbers []int64) (proto.Message, error) {
	found, err := servicedb.Collect(ctx, q, `SELECT id, name, avatar, background_image, signature, created_at_ms FROM users WHERE id = ?`,
		func(row **userv1.Profile) []any {
			p := &userv1.Profile{}
			*row = p
			return []any{&p.Id, &p.Name, &p.Avatar, &p.BackgroundImage, &p.Signature, &p.CreatedAtMs}
		}, numbers[0])
	if err != nil || len(found) == 0 {
		return &hotv1.UserProfile{}, err
	}
	return &hotv1.UserProfile{Profile: found[0]}, nil
}

func works(ctx context.Context, q servicedb.Querier, _ string, numbers []int64) (proto.Message, error) {
	n, err := worksOf(ctx, q, numbers[0])
	return &hotv1.AuthorWorks{Works: n}, err
}

func worksOf(ctx context.Context, q servicedb.Querier, author int64) (int64, error) {
	found, err := servicedb.IDs(ctx, q, `SELECT works FROM authors WHERE author_id = ?`, author)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0], nil
}

// idSet reads a set and cuts it at maxSet.
func idSet(ctx context.Context, q servicedb.Querier, id int64, query string) (set []int64, capped bool, err error) {
	set, err = servicedb.IDs(ctx, q, query, id, maxSet+1)
	return set[:min(len(set), maxSet)], len(set) > maxSet, err
}

func likeSet(ctx context.Context, q servicedb.Querier, _ string, numbers []int64) (proto.Message, error) {
	set, capped, err := idSet(ctx, q, numbers[0], `SELECT video_id FROM likes WHERE user_id = ? AND liked ORDER BY video_id LIMIT ?`)
	return &hotv1.LikeSet{VideoIds: set, Capped: capped}, err
}

func followSet(ctx context.Context, q servicedb.Querier, _ string, numbers []int64) (proto.Message, error) {
	set, capped, err := idSet(ctx, q, numbers[0], `SELECT target_id FROM follows WHERE user_id = ? AND following ORDER BY target_id LIMIT ?`)
	return &hotv1.FollowSet{UserIds: set, Capped: capped}, err
}

// pair is two counters of one row, zero without a row.
type pair struct{ first, second int64 }

func twoCounts(ctx context.Context, q servicedb.Querier, query string, id int64) (pair, error) {
	found, err := servicedb.Collect(ctx, q, query, func(p *pair) []any { return []any{&p.first, &p.second} }, id)
	if err != nil || len(found) == 0 {
		return pair{}, err
	}
	return found[0], nil
}

const (
	likesOfUser   = `SELECT given, received FROM user_counts WHERE user_id = ?`
	followsOfUser = `SELECT follows, followers FROM counts WHERE user_id = ?`
)

func userLikes(ctx context.Context, q servicedb.Querier, _ string, numbers []int64) (proto.Message, error) {
	n, err := twoCounts(ctx, q, likesOfUser, numbers[0])
	return &hotv1.UserLikes{Given: n.first, Received: n.second}, err
}

func userRelations(ctx context.Context, q servicedb.Querier, _ string, numbers []int64) (proto.Message, error) {
	n, err := twoCounts(ctx, q, followsOfUser, numbers[0])
	return &hotv1.UserRelations{Follows: n.first, Followers: n.second}, err
}

func chatWindow(ctx context.Context, q servicedb.Querier, _ string, numbers []int64) (proto.Message, error) {
	newest, err := servicedb.Collect(ctx, q, `SELECT id, from_id, low_id + high_id - from_id, content, created_at_ms, seq
FROM messages WHERE low_id = ? AND high_id = ? ORDER BY seq DESC LIMIT ?`, func(row **chatv1.Message) []any {
		m := &chatv1.Message{}
		*row = m
		return []any{&m.Id, &m.FromUserId, &m.ToUserId, &m.Content, &m.CreatedAtMs, &m.Seq}
	}, numbers[0], numbers[1], maxWindow+1)
	if err != nil {
		return nil, err
	}
	complete := len(newest) <= maxWindow
	newest = newest[:min(len(newest), maxWindow)]
	slices.Reverse(newest)
	return &hotv1.ChatWindow{Messages: newest, Complete: complete}, nil
}

// deliveryPosition returns nil without a row: rows that did not change for long
// are deleted, and their documents expire later.
func deliveryPosition(ctx context.Context, q servicedb.Querier, key string, numbers []int64) (proto.Message, error) {
	session, _, _ := strings.Cut(strings.TrimPrefix(key, "place:"), ":")
	found, err := servicedb.Collect(ctx, q, `SELECT delivered_ms, since_ms, previous_ms
FROM places WHERE session_id = ? AND peer_id = ?`, func(row **hotv1.ChatDeliveryPosition) []any {
		p := &hotv1.ChatDeliveryPosition{}
		*row = p
		return []any{&p.DeliveredMs, &p.SinceMs, &p.PreviousMs}
	}, session, numbers[0])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}
