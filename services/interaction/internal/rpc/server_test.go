package rpc_test

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/rpc"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server/servertest"
)

const nowMS = 1_772_366_400_123

// newClient runs the service on fake ports behind a listener. User 5 is the author
// of videos 7 and 8.
func newClient(t *testing.T) interactionv1.InteractionServiceClient {
	t.Helper()
	store := fake.NewStore()
	docs := fake.NewHot()
	service := interaction.New(interaction.Ports{
		Writer: fake.Writer{Commit: interaction.Commit(store, docs)},
		Likes:  store, Comments: store, Stats: store,
		Videos: &fake.Videos{Authors: map[int64]int64{7: 5, 8: 5}}, Hot: docs, IDs: &fake.IDs{}, TraceParent: fake.NoTrace,
		Clock: func() time.Time { return time.UnixMilli(nowMS) },
	})
	return interactionv1.NewInteractionServiceClient(servertest.Serve(t, func(r grpc.ServiceRegistrar) {
		interactionv1.RegisterInteractionServiceServer(r, rpc.New(service))
	}))
}

func want(t *testing.T, got proto.Message, err error, want proto.Message) {
	t.Helper()
	if err != nil || !proto.Equal(got, want) {
		t.Errorf("got  %v, %v\nwant %v", got, err, want)
	}
}

func TestLikesOverTheWire(t *testing.T) {
	client, ctx := newClient(t), t.Context()
	for i, changed := range []bool{true, false} {
		got, err := client.SetLike(ctx, &interactionv1.SetLikeRequest{UserId: 1, VideoId: 7, Liked: true})
		if err != nil || got.GetChanged() != changed {
			t.Errorf("like %d: %v, %v", i, got, err)
		}
	}
	if _, err := client.SetLike(ctx, &interactionv1.SetLikeRequest{UserId: 1, VideoId: 8, Liked: true}); err != nil {
		t.Fatal(err)
	}
	liked, err := client.ListLiked(ctx, &interactionv1.ListLikedRequest{UserId: 1, ViewerId: 2, Limit: 1})
	want(t, liked, err, &interactionv1.ListLikedResponse{
		Videos:     []*interactionv1.LikedVideo{{Facts: &interactionv1.VideoFacts{VideoId: 8, Likes: 1}, AuthorId: 5}},
		Authors:    []*interactionv1.UserFacts{{UserId: 5, LikesReceived: 2}},
		NextCursor: "1772366400123-8",
	})
	rest, err := client.ListLiked(ctx, &interactionv1.ListLikedRequest{UserId: 1, ViewerId: 1, Limit: 1, Cursor: liked.GetNextCursor()})
	want(t, rest, err, &interactionv1.ListLikedResponse{
		Videos:  []*interactionv1.LikedVideo{{Facts: &interactionv1.VideoFacts{VideoId: 7, Likes: 1, Liked: true}, AuthorId: 5}},
		Authors: []*interactionv1.UserFacts{{UserId: 5, LikesReceived: 2}},
	})
	bare, err := client.ListLiked(ctx, &interactionv1.ListLikedRequest{UserId: 1, ViewerId: 1, Limit: 1, WithoutAuthors: true})
	want(t, bare, err, &interactionv1.ListLikedResponse{
		Videos:     []*interactionv1.LikedVideo{{Facts: &interactionv1.VideoFacts{VideoId: 8, Likes: 1, Liked: true}, AuthorId: 5}},
		NextCursor: "1772366400123-8",
	})
	stats, err := client.Lookup(ctx, &interactionv1.LookupRequest{VideoIds: []int64{99, 7}, UserIds: []int64{5, 1}, ViewerId: 1})
	want(t, stats, err, &interactionv1.LookupResponse{
		Videos: []*interactionv1.VideoFacts{{VideoId: 99}, {VideoId: 7, Likes: 1, Liked: true}},
		Users:  []*interactionv1.UserFacts{{UserId: 5, LikesReceived: 2}, {UserId: 1, LikesGiven: 2}},
	})
	set, err := client.GetLikeSet(ctx, &interactionv1.GetLikeSetRequest{UserId: 1})
	want(t, set, err, &interactionv1.GetLikeSetResponse{VideoIds: []int64{7, 8}})
}

func TestCommentsOverTheWire(t *testing.T) {
	client, ctx := newClient(t), t.Context()
	posted, err := client.PostComment(ctx, &interactionv1.PostCommentRequest{UserId: 1, VideoId: 7, Content: " 你好 👋 ", RequestId: "r"})
	comment := &interactionv1.Comment{Id: 1, VideoId: 7, UserId: 1, Content: "你好 👋", CreatedAtMs: nowMS}
	want(t, posted, err, &interactionv1.PostCommentResponse{Comment: comment})
	list, err := client.ListComments(ctx, &interactionv1.ListCommentsRequest{VideoId: 7})
	want(t, list, err, &interactionv1.ListCommentsResponse{
		Comments: []*interactionv1.Comment{comment}, Writers: []*interactionv1.UserFacts{{UserId: 1}},
	})
	bare, err := client.ListComments(ctx, &interactionv1.ListCommentsRequest{VideoId: 7, WithoutWriters: true})
	want(t, bare, err, &interactionv1.ListCommentsResponse{Comments: []*interactionv1.Comment{comment}})
	for i, changed := range []bool{true, false} {
		got, err := client.DeleteComment(ctx, &interactionv1.DeleteCommentRequest{UserId: 1, VideoId: 7, CommentId: 1})
		if err != nil || got.GetChanged() != changed {
			t.Errorf("deletion %d: %v, %v", i, got, err)
		}
	}
}

func TestRefusalsOverTheWire(t *testing.T) {
	client, ctx := newClient(t), t.Context()
	if _, err := client.PostComment(ctx, &interactionv1.PostCommentRequest{UserId: 1, VideoId: 7, Content: "mine"}); err != nil {
		t.Fatal(err)
	}
	for reason, ask := range map[string]func() error{
		interactionv1.ReasonVideoUnknown: func() error {
			_, err := client.SetLike(ctx, &interactionv1.SetLikeRequest{UserId: 1, VideoId: 99, Liked: true})
			return err
		},
		interactionv1.ReasonCommentInvalid: func() error {
			_, err := client.PostComment(ctx, &interactionv1.PostCommentRequest{UserId: 1, VideoId: 7})
			return err
		},
		interactionv1.ReasonNotCommentOwner: func() error {
			_, err := client.DeleteComment(ctx, &interactionv1.DeleteCommentRequest{UserId: 2, VideoId: 7, CommentId: 1})
			return err
		},
		interactionv1.ReasonCommentUnknown: func() error {
			_, err := client.DeleteComment(ctx, &interactionv1.DeleteCommentRequest{UserId: 1, VideoId: 8, CommentId: 1})
			return err
		},
		interactionv1.ReasonCursorInvalid: func() error {
			_, err := client.ListLiked(ctx, &interactionv1.ListLikedRequest{UserId: 1, Cursor: "x"})
			return err
		},
		interactionv1.ReasonIDInvalid: func() error {
			_, err := client.ListComments(ctx, &interactionv1.ListCommentsRequest{})
			return err
		},
	} {
		if err := errs.FromStatus(ask()); errs.ReasonOf(err) != reason {
			t.Errorf("%s: %v", reason, err)
		}
	}
}
