// Package reasons collects the reasons that each service of the contract names
// in its reasons.go. It is apart from package contract, so that code which
// needs names only does not depend on the generated code of every service.
package reasons

import (
	"github.com/douyin-on-dapr/douyin/services/contract"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// ByService lists the reasons with which each service refuses the calls of the
// gateway. Two services that share a reason mean the same by it.
func ByService() map[contract.App][]string {
	return map[contract.App][]string{
		contract.AppUser:        userv1.Reasons(),
		contract.AppVideo:       videov1.Reasons(),
		contract.AppInteraction: interactionv1.Reasons(),
		contract.AppRelation:    relationv1.Reasons(),
		contract.AppChat:        chatv1.Reasons(),
	}
}
