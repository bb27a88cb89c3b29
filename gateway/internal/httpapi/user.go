package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

// register makes an account and logs it in.
func (a *api) register(x *exchange) (reply, error) {
	name, password, err := credentials(x.params)
	if err != nil {
		return nil, err
	}
	made, err := a.Accounts.Register(x.ctx, &userv1.RegisterRequest{Name: name, Password: password})
	if err != nil {
		return nil, err
	}
	return a.session(x, made.GetUserId(), made.GetSessionId())
}

// login opens one more session.
func (a *api) login(x *exchange) (reply, error) {
	name, password, err := credentials(x.params)
	if err != nil {
		return nil, err
	}
	opened, err := a.Accounts.Login(x.ctx, &userv1.LoginRequest{Name: name, Password: password})
	if err != nil {
		return nil, err
	}
	return a.session(x, opened.GetUserId(), opened.GetSessionId())
}

func credentials(p params) (name, password string, err error) {
	if name, err = p.required("username"); err != nil {
		return "", "", err
	}
	password, err = p.required("password")
	return name, password, err
}

func (a *api) session(x *exchange, userID int64, sessionID string) (reply, error) {
	x.viewer = token.Identity{UserID: userID, SessionID: sessionID}
	signed, err := a.Tokens.Sign(x.viewer)
	if err != nil {
		return nil, err
	}
	return &sessionReply{UserID: userID, Token: signed}, nil
}

// user shows a profile: that of user_id, or the viewer's own where there is no
// user_id. Never the viewer's when another id is given.
func (a *api) user(x *exchange) (reply, error) {
	id, err := x.subject()
	if err != nil {
		return nil, err
	}
	found, err := a.Composed.User(x.ctx, x.viewer.UserID, id)
	if err != nil {
		return nil, err
	}
	return &userReply{User: found}, nil
}

// subject is the user whose data is asked for.
func (x *exchange) subject() (int64, error) {
	id, err := x.params.id("user_id")
	if err != nil {
		return 0, err
	}
	if id == 0 {
		id = x.viewer.UserID
	}
	if id == 0 {
		return 0, errTokenInvalid
	}
	return id, nil
}

// publishList shows the videos of a user, newest first. It is called on every
// profile page, also by guests.
func (a *api) publishList(x *exchange) (reply, error) {
	id, err := x.subject()
	if err != nil {
		return nil, err
	}
	page, err := x.params.page()
	if err != nil {
		return nil, err
	}
	before, err := idCursor(page.Cursor)
	if err != nil {
		return nil, err
	}
	works, err := a.Composed.Works(x.ctx, x.viewer.UserID, id, before, page.Limit)
	if err != nil {
		return nil, err
	}
	for i := range works.Entries {
		x.explain(&works.Entries[i].Processing)
	}
	return &videosReply{Videos: works.Entries, NextCursor: works.Next}, nil
}
