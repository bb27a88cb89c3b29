package rpc_test

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/rpc"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server/servertest"
)

const nowMS = 1_772_366_400_123

// newClient runs the service on fake ports behind a listener.
func newClient(t *testing.T, policy chat.Policy) chatv1.ChatServiceClient {
	t.Helper()
	store := fake.NewStore()
	service := chat.New(chat.Ports{
		Writer:   fake.Writer{Commit: chat.Commit(store, fake.Hot{})},
		Messages: store, Positions: store, Hot: fake.Hot{},
		Users: &fake.Users{Known: []int64{1, 2}}, Relations: &fake.Relations{}, IDs: &fake.IDs{},
		Clock: func() time.Time { return time.UnixMilli(nowMS) }, Policy: policy, TraceParent: fake.NoTrace,
	})
	return chatv1.NewChatServiceClient(servertest.Serve(t, func(r grpc.ServiceRegistrar) {
		chatv1.RegisterChatServiceServer(r, rpc.New(service))
	}))
}

func want(t *testing.T, got proto.Message, err error, want proto.Message) {
	t.Helper()
	if err != nil || !proto.Equal(got, want) {
		t.Errorf("got  %v, %v\nwant %v", got, err, want)
	}
}

func TestMessagesOverTheWire(t *testing.T) {
	client, ctx := newClient(t, chat.Anyone), t.Context()
	request := &chatv1.SendRequest{FromUserId: 1, ToUserId: 2, Content: " 你好 👋\n", RequestId: "r"}
	message := &chatv1.Message{Id: 1, FromUserId: 1, ToUserId: 2, Content: " 你好 👋\n", CreatedAtMs: nowMS, Seq: 1}
	for range 2 {
		sent, err := client.Send(ctx, request)
		want(t, sent, err, &chatv1.SendResponse{Message: message})
	}
	poll := &chatv1.PollRequest{ReaderId: 2, PeerId: 1, SessionId: "01ARZ3NDEKTSV4RRFFQ69G5FAV"}
	history, err := client.Poll(ctx, poll)
	want(t, history, err, &chatv1.PollResponse{Messages: []*chatv1.Message{message}})
	poll.SinceMs = nowMS
	fresh, err := client.Poll(ctx, poll)
	want(t, fresh, err, &chatv1.PollResponse{})
	latest, err := client.LatestByPeer(ctx, &chatv1.LatestByPeerRequest{UserId: 2, PeerIds: []int64{1, 3}})
	want(t, latest, err, &chatv1.LatestByPeerResponse{Messages: []*chatv1.Message{message}})
}

func TestRefusalsOverTheWire(t *testing.T) {
	anyone, friends := newClient(t, chat.Anyone), newClient(t, chat.Friends)
	send := func(client chatv1.ChatServiceClient, to int64, content, request string) error {
		_, err := client.Send(t.Context(), &chatv1.SendRequest{FromUserId: 1, ToUserId: to, Content: content, RequestId: request})
		return err
	}
	_, noSession := anyone.Poll(t.Context(), &chatv1.PollRequest{ReaderId: 1, PeerId: 2})
	_, tooMany := anyone.LatestByPeer(t.Context(), &chatv1.LatestByPeerRequest{UserId: 1, PeerIds: make([]int64, chat.MaxPeers+1)})
	for reason, err := range map[string]error{
		chatv1.ReasonSelfMessage:      send(anyone, 1, "x", ""),
		chatv1.ReasonUserUnknown:      send(anyone, 99, "x", ""),
		chatv1.ReasonMessageInvalid:   send(anyone, 2, "", ""),
		chatv1.ReasonRequestIDInvalid: send(anyone, 2, "x", "a b"),
		chatv1.ReasonNotFriends:       send(friends, 2, "x", ""),
		chatv1.ReasonIDInvalid:        noSession,
		chatv1.ReasonTooManyIDs:       tooMany,
	} {
		if err := errs.FromStatus(err); errs.ReasonOf(err) != reason {
			t.Errorf("%s: %v", reason, err)
		}
	}
}
