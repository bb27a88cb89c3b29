package contract_test

import (
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// maxMessage is what a sidecar lets through (its --max-body-size), and what a
// gRPC client takes.
const maxMessage = 4 << 20

func many[T any](n int, one T) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = one
	}
	return all
}

// The contract's limits on lists and texts hold answers below what sidecars let
// through, also when each character takes four bytes and each number all of its
// bits.
func TestLargestAnswersFitOneMessage(t *testing.T) {
	const (
		id   = 1<<53 - 1
		page = 1_000
		set  = 5_000
	)
	text := func(characters int) string { return strings.Repeat("😀", characters) }
	object := &videov1.Object{
		Key: strings.Repeat("k", 100), Size: math.MaxInt64, PartSize: math.MaxInt64,
		Sha256: make([]byte, 32), ContentType: strings.Repeat("c", 64),
	}
	video := &videov1.Video{
		Id: id, AuthorId: id, Title: text(128), PublishedAtMs: math.MaxInt64, State: videov1.State_STATE_FAILED,
		FailureReason: text(64), Source: object, Cover: object,
	}
	message := &chatv1.Message{Id: id, FromUserId: id, ToUserId: id, Content: text(500), CreatedAtMs: math.MaxInt64, Seq: math.MaxInt64}
	likes := &interactionv1.UserFacts{UserId: id, LikesGiven: math.MaxInt64, LikesReceived: math.MaxInt64}
	facts := &interactionv1.VideoFacts{VideoId: id, Likes: math.MaxInt64, Comments: math.MaxInt64, Liked: true}
	works := &videov1.WorkCount{UserId: id, Works: math.MaxInt64}
	for name, answer := range map[string]proto.Message{
		"comments": &interactionv1.ListCommentsResponse{
			Comments: many(page, &interactionv1.Comment{Id: id, VideoId: id, UserId: id, Content: text(500), CreatedAtMs: math.MaxInt64}),
			Writers:  many(page, likes),
		},
		"liked videos": &interactionv1.ListLikedResponse{
			Videos: many(page, &interactionv1.LikedVideo{Facts: facts, AuthorId: id}), Authors: many(page, likes),
		},
		"facts":           &interactionv1.LookupResponse{Videos: many(page, facts), Users: many(page, likes)},
		"like set":        &interactionv1.GetLikeSetResponse{VideoIds: many[int64](set, id), Capped: true},
		"follow set":      &relationv1.GetFollowSetResponse{UserIds: many[int64](set, id), Capped: true},
		"follows":         &relationv1.ListResponse{Users: many(page, &relationv1.UserFacts{UserId: id, Follows: math.MaxInt64, Followers: math.MaxInt64, Followed: true})},
		"history":         &chatv1.PollResponse{Messages: many(page, message)},
		"newest messages": &chatv1.LatestByPeerResponse{Messages: many(page, message)},
		"works":           &videov1.ListByAuthorResponse{Videos: many(page, video), NextBeforeMs: math.MaxInt64},
		"videos":          &videov1.GetVideosResponse{Videos: many(page, video), Works: many(page, works)},
		"profiles": &userv1.GetProfilesResponse{Profiles: many(page, &userv1.Profile{
			Id: id, Name: text(128), Avatar: strings.Repeat("u", 512), BackgroundImage: strings.Repeat("u", 512),
			Signature: text(512), CreatedAtMs: math.MaxInt64,
		})},
		"activities": &userv1.ListActivitiesResponse{Activities: many(100, &userv1.Activity{
			Id: id, ActorId: id, VideoId: id, CommentId: id, Excerpt: text(50), OccurredAtMs: math.MaxInt64,
		})},
	} {
		if size := proto.Size(answer); size > maxMessage {
			t.Errorf("%s: %d bytes, %d at most", name, size, maxMessage)
		} else {
			t.Logf("%s: %d KiB", name, size>>10)
		}
	}
}
