package peers

import (
	"context"

	"google.golang.org/grpc"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
)

// Relations implements chat.Relations.
type Relations struct {
	client relationv1.RelationServiceClient
}

var _ chat.Relations = (*Relations)(nil)

// NewRelations calls the relation service over conn.
func NewRelations(conn grpc.ClientConnInterface) *Relations {
	return &Relations{client: relationv1.NewRelationServiceClient(conn)}
}

// AreFriends implements chat.Relations.
func (r *Relations) AreFriends(ctx context.Context, a, b int64) (bool, error) {
	response, err := r.client.AreFriends(ctx, &relationv1.AreFriendsRequest{UserId: a, OtherId: b})
	return response.GetFriends(), err
}
