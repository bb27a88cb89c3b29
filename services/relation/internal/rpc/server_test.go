package rpc_test

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server/servertest"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/rpc"
)

const nowMS = 1_772_366_400_123

// newClient runs the service on fake ports behind a listener.
func newClient(t *testing.T) relationv1.RelationServiceClient {
	t.Helper()
	store, docs := fake.NewStore(), fake.NewHot()
	service := relation.New(relation.Ports{
		Writer: fake.Writer{Commit: relation.Commit(store, docs)}, Store: store,
		Users: &fake.Users{Known: []int64{1, 2, 3}}, Hot: docs,
		Clock: func() time.Time { return time.UnixMilli(nowMS) }, TraceParent: fake.NoTrace,
	})
	return relationv1.NewRelationServiceClient(servertest.Serve(t, func(r grpc.ServiceRegistrar) {
		relationv1.RegisterRelationServiceServer(r, rpc.New(service))
	}))
}

func follow(t *testing.T, client relationv1.RelationServiceClient, user, target int64) {
	t.Helper()
	if _, err := client.SetFollow(t.Context(), &relationv1.SetFollowRequest{UserId: user, TargetId: target, Following: true}); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, got proto.Message, err error, want proto.Message) {
	t.Helper()
	if err != nil || !proto.Equal(got, want) {
		t.Errorf("got  %v, %v\nwant %v", got, err, want)
	}
}

func TestFollowsOverTheWire(t *testing.T) {
	client, ctx := newClient(t), t.Context()
	for i, changed := range []bool{true, false} {
		got, err := client.SetFollow(ctx, &relationv1.SetFollowRequest{UserId: 1, TargetId: 2, Following: true})
		if err != nil || got.GetChanged() != changed {
			t.Errorf("follow %d: %v, %v", i, got, err)
		}
	}
	follow(t, client, 1, 3)
	follow(t, client, 3, 1)
	two := &relationv1.UserFacts{UserId: 2, Followers: 1, ListedSinceMs: nowMS}
	three := &relationv1.UserFacts{UserId: 3, Follows: 1, Followers: 1, ListedSinceMs: nowMS}
	one := &relationv1.UserFacts{UserId: 1, Follows: 2, Followers: 1, ListedSinceMs: nowMS}

	follows, err := client.ListFollows(ctx, &relationv1.ListRequest{UserId: 1, Limit: 1})
	want(t, follows, err, &relationv1.ListResponse{Users: []*relationv1.UserFacts{three}, NextCursor: "1772366400123-3"})
	rest, err := client.ListFollows(ctx, &relationv1.ListRequest{UserId: 1, Limit: 1, Cursor: follows.GetNextCursor()})
	want(t, rest, err, &relationv1.ListResponse{Users: []*relationv1.UserFacts{two}})
	followers, err := client.ListFollowers(ctx, &relationv1.ListRequest{UserId: 2})
	want(t, followers, err, &relationv1.ListResponse{Users: []*relationv1.UserFacts{one}})
	friends, err := client.ListFriends(ctx, &relationv1.ListRequest{UserId: 3})
	want(t, friends, err, &relationv1.ListResponse{Users: []*relationv1.UserFacts{one}})

	bare, err := client.ListFollows(ctx, &relationv1.ListRequest{UserId: 1, ViewerId: 1, Limit: 1, WithoutCounts: true})
	want(t, bare, err, &relationv1.ListResponse{
		Users: []*relationv1.UserFacts{{UserId: 3, ListedSinceMs: nowMS}}, NextCursor: "1772366400123-3",
	})

	seen := proto.CloneOf(two)
	seen.Followed, seen.ListedSinceMs = true, 0
	stats, err := client.Lookup(ctx, &relationv1.LookupRequest{UserIds: []int64{99, 2}, ViewerId: 1})
	want(t, stats, err, &relationv1.LookupResponse{Users: []*relationv1.UserFacts{{UserId: 99}, seen}})
	set, err := client.GetFollowSet(ctx, &relationv1.GetFollowSetRequest{UserId: 1})
	want(t, set, err, &relationv1.GetFollowSetResponse{UserIds: []int64{2, 3}})
	for other, friends := range map[int64]bool{2: false, 3: true} {
		got, err := client.AreFriends(ctx, &relationv1.AreFriendsRequest{UserId: 1, OtherId: other})
		want(t, got, err, &relationv1.AreFriendsResponse{Friends: friends})
	}
}

func TestRefusalsOverTheWire(t *testing.T) {
	client, ctx := newClient(t), t.Context()
	for reason, ask := range map[string]func() error{
		relationv1.ReasonSelfFollow: func() error {
			_, err := client.SetFollow(ctx, &relationv1.SetFollowRequest{UserId: 1, TargetId: 1, Following: true})
			return err
		},
		relationv1.ReasonUserUnknown: func() error {
			_, err := client.SetFollow(ctx, &relationv1.SetFollowRequest{UserId: 1, TargetId: 99, Following: true})
			return err
		},
		relationv1.ReasonCursorInvalid: func() error {
			_, err := client.ListFollowers(ctx, &relationv1.ListRequest{UserId: 1, Cursor: "0-0"})
			return err
		},
		relationv1.ReasonIDInvalid: func() error {
			_, err := client.ListFriends(ctx, &relationv1.ListRequest{UserId: -1})
			return err
		},
		relationv1.ReasonTooManyIDs: func() error {
			_, err := client.Lookup(ctx, &relationv1.LookupRequest{UserIds: make([]int64, relation.MaxIDs+1)})
			return err
		},
	} {
		if err := errs.FromStatus(ask()); errs.ReasonOf(err) != reason {
			t.Errorf("%s: %v", reason, err)
		}
	}
}
