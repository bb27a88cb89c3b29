package contract_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// A method says whether a call whose answer was lost may be sent again, or is
// one of these. SetLike and SetFollow are: repeated they change nothing, but a
// first call that is merely late could undo what was acknowledged after it.
func TestMethodsSayWhetherTheyMayBeRepeated(t *testing.T) {
	never := []protoreflect.Name{"Register", "Login", "BeginUpload", "SetLike", "PostComment", "SetFollow", "Send", "Poll"}
	for _, file := range []protoreflect.FileDescriptor{
		userv1.File_user_v1_user_proto, videov1.File_video_v1_video_proto, interactionv1.File_interaction_v1_interaction_proto,
		relationv1.File_relation_v1_relation_proto, chatv1.File_chat_v1_chat_proto,
	} {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for n := range methods.Len() {
				method := methods.Get(n)
				level := method.Options().(*descriptorpb.MethodOptions).GetIdempotencyLevel()
				said := level != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
				if said == slices.Contains(never, method.Name()) {
					t.Errorf("%s: %s", method.FullName(), level)
				}
			}
		}
	}
}
