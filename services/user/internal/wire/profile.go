// Package wire converts between the domain and the contract's messages, for the
// RPC server and for the hot documents, which carry the same Profile.
package wire

import (
	"time"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// FromProfile makes the contract's message of a profile.
func FromProfile(p user.Profile) *userv1.Profile {
	return &userv1.Profile{
		Id:              p.ID,
		Name:            p.Name,
		Avatar:          p.Avatar,
		BackgroundImage: p.BackgroundImage,
		Signature:       p.Signature,
		CreatedAtMs:     p.CreatedAt.UnixMilli(),
	}
}

// ToProfile reads the contract's message of a profile.
func ToProfile(m *userv1.Profile) user.Profile {
	return user.Profile{
		ID:              m.GetId(),
		Name:            m.GetName(),
		Avatar:          m.GetAvatar(),
		BackgroundImage: m.GetBackgroundImage(),
		Signature:       m.GetSignature(),
		CreatedAt:       time.UnixMilli(m.GetCreatedAtMs()).UTC(),
	}
}
