package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
)

type usersReply struct {
	request.Head
	Users      []compose.User `json:"user_list"`
	NextCursor string         `json:"next_cursor"` // "" at the end
}

func emptyUsers() request.Reply { return &usersReply{Users: []compose.User{}} }

type friendsReply struct {
	request.Head
	Friends    []compose.Friend `json:"user_list"`
	NextCursor string           `json:"next_cursor"`
}

func emptyFriends() request.Reply { return &friendsReply{Friends: []compose.Friend{}} }

// follow follows a user (action_type 1) or ends it (2). Repeating either is
// success.
func (a *api) follow(r *request.Request) (request.Reply, error) {
	target, err := r.Params.RequiredID("to_user_id")
	if err != nil {
		return nil, err
	}
	following, err := r.Params.Switch()
	if err != nil {
		return nil, err
	}
	_, err = a.Relations.SetFollow(r.Context(), &relationv1.SetFollowRequest{
		UserId: r.Viewer.UserID, TargetId: target, Following: following,
	})
	if err != nil {
		return nil, err
	}
	return emptyStatus(), nil
}

// followList shows whom a user follows.
func (a *api) followList(r *request.Request) (request.Reply, error) {
	return a.users(r, compose.Follows)
}

// followerList shows who follows a user.
func (a *api) followerList(r *request.Request) (request.Reply, error) {
	return a.users(r, compose.Followers)
}

func (a *api) users(r *request.Request, which compose.Relation) (request.Reply, error) {
	id, err := subject(r)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	list, err := a.Composer.Related(r.Context(), which, r.Viewer.UserID, id, page)
	if err != nil {
		return nil, err
	}
	return &usersReply{Users: list.Entries, NextCursor: list.Next}, nil
}

// friendList shows who follows back, with the newest message of each
// conversation to the user whose friends they are. It is the way into the chat,
// so a guest sees nobody.
func (a *api) friendList(r *request.Request) (request.Reply, error) {
	if r.Viewer.UserID == 0 {
		return emptyFriends(), nil
	}
	id, err := subject(r)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	list, err := a.Composer.Friends(r.Context(), r.Viewer.UserID, id, page)
	if err != nil {
		return nil, err
	}
	return &friendsReply{Friends: list.Entries, NextCursor: list.Next}, nil
}
