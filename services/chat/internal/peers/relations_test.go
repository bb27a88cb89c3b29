package peers_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/peers"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
)

// relationService answers that 1 and 2 are friends.
type relationService struct{ err error }

func (r relationService) Invoke(_ context.Context, _ string, args, reply any, _ ...grpc.CallOption) error {
	request, response := args.(*relationv1.AreFriendsRequest), reply.(*relationv1.AreFriendsResponse)
	response.Friends = request.GetUserId() == 1 && request.GetOtherId() == 2
	return r.err
}

func (r relationService) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("no streams here")
}

func TestAreFriends(t *testing.T) {
	relations := peers.NewRelations(relationService{})
	for other, want := range map[int64]bool{2: true, 3: false} {
		if got, err := relations.AreFriends(t.Context(), 1, other); got != want || err != nil {
			t.Errorf("1 and %d are friends: %t, %v", other, got, err)
		}
	}
	down := relationService{err: errors.New("down")}
	if _, err := peers.NewRelations(down).AreFriends(t.Context(), 1, 2); !errors.Is(err, down.err) {
		t.Errorf("while the relation service is down: %v", err)
	}
}
