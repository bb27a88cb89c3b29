package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
)

type sessionReply struct {
	request.Head
	UserID int64  `json:"user_id"`
	Token  string `json:"token"` // "" in a refusal: the official tests look for the key
}

func emptySession() request.Reply { return &sessionReply{} }

type userReply struct {
	request.Head
	User compose.User `json:"user"`
}

func emptyUser() request.Reply { return &userReply{} }

// register makes an account and logs it in.
func (a *api) register(r *request.Request) (request.Reply, error) {
	name, password, err := credentials(r.Params)
	if err != nil {
		return nil, err
	}
	registered, err := a.Accounts.Register(r.Context(), &userv1.RegisterRequest{Name: name, Password: password})
	if err != nil {
		return nil, err
	}
	return a.session(r, registered.GetUserId(), registered.GetSessionId())
}

// login opens one more session.
func (a *api) login(r *request.Request) (request.Reply, error) {
	name, password, err := credentials(r.Params)
	if err != nil {
		return nil, err
	}
	opened, err := a.Accounts.Login(r.Context(), &userv1.LoginRequest{Name: name, Password: password})
	if err != nil {
		return nil, err
	}
	return a.session(r, opened.GetUserId(), opened.GetSessionId())
}

func credentials(p request.Params) (name, password string, err error) {
	if name, err = p.Required("username"); err != nil {
		return "", "", err
	}
	password, err = p.Required("password")
	return name, password, err
}

func (a *api) session(r *request.Request, userID int64, sessionID string) (request.Reply, error) {
	r.Viewer = token.Identity{UserID: userID, SessionID: sessionID}
	signed, err := a.Tokens.Sign(r.Viewer)
	if err != nil {
		return nil, err
	}
	return &sessionReply{UserID: userID, Token: signed}, nil
}

// user shows the profile of user_id, or the viewer's own without user_id. It never
// falls back to the viewer for an unknown user_id.
func (a *api) user(r *request.Request) (request.Reply, error) {
	id, err := subject(r)
	if err != nil {
		return nil, err
	}
	found, err := a.Composer.User(r.Context(), r.Viewer.UserID, id)
	if err != nil {
		return nil, err
	}
	return &userReply{User: found}, nil
}
