package request

import (
	"errors"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// answer is one row of the response table.
type answer struct {
	code   int32
	zh, en string
}

// The groups of status_code: 1xxx the request, 2xxx accounts, 3xxx videos, 4xxx
// likes, comments, follows and messages, 5xxx a fault or overload of the server.
// A code never gets a second meaning.
func okAnswer() answer { return answer{0, "ok", "ok"} }

// byReason is the response table: the code and the sentences of each refusal,
// whichever program refused. Reasons are stable; sentences may be improved.
func byReason(reason string) (answer, bool) {
	switch reason {
	case "PARAM_MISSING":
		return answer{1001, "缺少参数", "a parameter is missing"}, true
	case "PARAM_INVALID", videov1.ReasonRequestInvalid, userv1.ReasonIDsInvalid, interactionv1.ReasonIDInvalid,
		interactionv1.ReasonTooManyIDs, interactionv1.ReasonCursorInvalid, interactionv1.ReasonRequestIDInvalid:
		return answer{1002, "参数错误", "a parameter is not valid"}, true
	case "PARAM_DUPLICATE":
		return answer{1003, "参数重复", "a parameter is given twice"}, true
	case "ROUTE_UNKNOWN":
		return answer{1004, "接口不存在", "there is no such endpoint"}, true
	case "METHOD_UNSUITED":
		return answer{1005, "请求方法错误", "the endpoint does not take this method"}, true
	case "REQUEST_ID_REUSED":
		return answer{1013, "请求编号已用于其他内容", "the request id was used for another content"}, true
	case "BODY_TOO_LARGE":
		return answer{1006, "请求内容过大", "the request is too large"}, true
	case "BODY_TOO_SLOW":
		return answer{1007, "上传速度过慢，请重试", "the upload is too slow, please try again"}, true
	case "BODY_INTERRUPTED":
		return answer{1008, "上传中断，请重试", "the upload was interrupted, please try again"}, true

	case "TOKEN_INVALID":
		return answer{2001, "请先登录", "please log in first"}, true
	case userv1.ReasonNameInvalid:
		return answer{2002, "用户名须为1至32个字符", "the name must have 1 to 32 characters"}, true
	case userv1.ReasonPasswordInvalid:
		return answer{2003, "密码须为1至32个字符", "the password must have 1 to 32 characters"}, true
	case userv1.ReasonNameTaken:
		return answer{2004, "用户名已存在", "this name is taken"}, true
	case userv1.ReasonWrongCredentials:
		return answer{2005, "用户名或密码错误", "wrong name or password"}, true
	case userv1.ReasonUserUnknown:
		return answer{2006, "用户不存在", "there is no such user"}, true

	case "VIDEO_MISSING":
		return answer{3001, "请选择视频", "there is no video in the request"}, true
	case videov1.ReasonVideoEmpty:
		return answer{3002, "视频为空", "the video is empty"}, true
	case videov1.ReasonVideoTooLarge, "OBJECT_TOO_LARGE":
		return answer{3003, "视频过大", "the video is too large"}, true
	case "VIDEO_FORMAT":
		return answer{3004, "不支持的视频格式", "this is not a video format we know"}, true
	case videov1.ReasonTitleInvalid:
		return answer{3005, "标题须为1至128个字符", "the title must have 1 to 128 characters"}, true
	case "UPLOAD_MALFORMED":
		return answer{3006, "上传内容不完整", "the upload is malformed or incomplete"}, true
	case videov1.ReasonUploadUnknown, videov1.ReasonUploadCommitted, videov1.ReasonObjectInvalid:
		return answer{3007, "上传已失效，请重试", "the upload has expired, please try again"}, true
	case videov1.ReasonUploadsTooMany:
		return answer{3008, "上传过多，请稍后再试", "too many uploads at once, please try again later"}, true

	case "ACTION_UNKNOWN":
		return answer{1009, "操作类型错误", "unknown action_type"}, true

	case videov1.ReasonVideoUnknown:
		return answer{3009, "视频不存在", "there is no such video"}, true
	case videov1.ReasonNotVideoOwner:
		return answer{3010, "只能删除自己的视频", "only its author may delete a video"}, true
	case "DIRECT_UPLOAD_UNAVAILABLE":
		return answer{3011, "暂不支持直传", "direct uploads are not available here"}, true
	case "UPLOAD_INCOMPLETE":
		return answer{3012, "视频尚未上传完整", "parts of the video are still missing"}, true
	case interactionv1.ReasonCommentInvalid:
		return answer{4001, "评论须为1至500个字符", "a comment has 1 to 500 characters"}, true
	case interactionv1.ReasonCommentUnknown:
		return answer{4002, "评论不存在", "there is no such comment"}, true
	case interactionv1.ReasonNotCommentOwner:
		return answer{4003, "只能删除自己的评论", "only the writer may delete a comment"}, true
	case relationv1.ReasonSelfFollow:
		return answer{4101, "不能关注自己", "you cannot follow yourself"}, true
	case chatv1.ReasonMessageInvalid:
		return answer{4201, "消息须为1至500个字符", "a message has 1 to 500 characters"}, true
	case chatv1.ReasonSelfMessage:
		return answer{4202, "不能给自己发消息", "you cannot write to yourself"}, true
	case chatv1.ReasonNotFriends:
		return answer{4203, "互相关注后才能发消息", "only friends may write to each other"}, true

	case userv1.ReasonBusy:
		return answer{5003, "系统繁忙，请稍后再试", "too busy, please try again"}, true
	}
	return answer{}, false
}

// byCode is the answer to an error whose reason is not for the public.
func byCode(code errs.Code) answer {
	switch code {
	case errs.Invalid:
		return answer{1000, "请求错误", "the request is not valid"}
	case errs.Unauthenticated:
		return answer{2001, "请先登录", "please log in first"}
	case errs.Forbidden:
		return answer{1010, "没有权限", "this is not allowed"}
	case errs.NotFound:
		return answer{1011, "内容不存在", "not found"}
	case errs.Conflict:
		return answer{1012, "操作冲突，请刷新重试", "something changed meanwhile, please try again"}
	case errs.Exhausted:
		return answer{5003, "系统繁忙，请稍后再试", "too busy, please try again"}
	case errs.Unavailable:
		return answer{5001, "服务暂时不可用", "service unavailable"}
	case errs.Timeout:
		return answer{5002, "服务响应超时，请重试", "the service took too long, please try again"}
	case errs.Internal:
	}
	return internalAnswer()
}

func internalAnswer() answer { return answer{5000, "服务暂时不可用", "service unavailable"} }

// answerTo finds the row for an error; nil is success.
func answerTo(err error) answer {
	if err == nil {
		return okAnswer()
	}
	var refusal *errs.Error
	if !errors.As(err, &refusal) {
		return byCode(errs.CodeOf(err))
	}
	if row, ok := byReason(refusal.Reason); ok && refusal.Code != errs.Internal {
		return row
	}
	return byCode(refusal.Code)
}

func (a answer) in(l Language) string { return sentence{a.zh, a.en}.in(l) }
