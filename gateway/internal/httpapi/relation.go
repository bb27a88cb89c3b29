package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
)

type usersReply struct {
	status
	Users      []compose.User `json:"user_list"`
	NextCursor string         `json:"next_cursor"` // "" at the end
}

func emptyUsers() reply { return &usersReply{Users: []compose.User{}} }

type friendsReply struct {
	status
	Friends    []compose.Friend `json:"user_list"`
	NextCursor string           `json:"next_cursor"`
}

func emptyFriends() reply { return &friendsReply{Friends: []compose.Friend{}} }

// follow follows a user (action_type 1) or ends it (2). Repeating either is
// success.
func (a *api) follow(x *exchange) (reply, error) {
	target, err := x.params.requiredID("to_user_id")
	if err != nil {
		return nil, err
	}
	following, err := x.params.action()
	if err != nil {
		return nil, err
	}
	_, err = a.Relations.SetFollow(x.ctx, &relationv1.SetFollowRequest{
		UserId: x.viewer.UserID, TargetId: target, Following: following,
	})
	if err != nil {
		return nil, err
	}
	return emptyStatus(), nil
}

// followList shows whom a user follows.
func (a *api) followList(x *exchange) (reply, error) { return a.users(x, compose.Follows) }

// followerList shows who follows a user.
func (a *api) followerList(x *exchange) (reply, error) { return a.users(x, compose.Followers) }

func (a *api) users(x *exchange, which compose.Relation) (reply, error) {
	id, err := x.subject()
	if err != nil {
		return nil, err
	}
	page, err := x.params.page()
	if err != nil {
		return nil, err
	}
	list, err := a.Composed.Related(x.ctx, which, x.viewer.UserID, id, page)
	if err != nil {
		return nil, err
	}
	return &usersReply{Users: list.Entries, NextCursor: list.Next}, nil
}

// friendList shows who follows back, with the newest message of each
// conversation to the user whose friends they are. It is the way into the chat,
// so a guest sees nobody.
func (a *api) friendList(x *exchange) (reply, error) {
	if x.viewer.UserID == 0 {
		return emptyFriends(), nil
	}
	id, err := x.subject()
	if err != nil {
		return nil, err
	}
	page, err := x.params.page()
	if err != nil {
		return nil, err
	}
	list, err := a.Composed.Friends(x.ctx, x.viewer.UserID, id, page)
	if err != nil {
		return nil, err
	}
	return &friendsReply{Friends: list.Entries, NextCursor: list.Next}, nil
}
