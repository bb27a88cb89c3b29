package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/jsontext"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
)

var (
	_ request.AppendedReply = (*usersReply)(nil)
	_ request.AppendedReply = (*friendsReply)(nil)
	_ request.AppendedReply = (*commentsReply)(nil)
	_ request.AppendedReply = (*videosReply)(nil)
	_ request.AppendedReply = (*feedReply)(nil)
	_ request.AppendedReply = (*userReply)(nil)
	_ request.AppendedReply = (*messagesReply)(nil)
	_ request.AppendedReply = (*historyReply)(nil)
)

// AppendJSON implements request.AppendedReply.
func (r *usersReply) AppendJSON(b []byte) []byte {
	b = jsontext.AppendList(r.AppendHead(b), "user_list", r.Users, compose.AppendUser)
	return append(jsontext.AppendField(b, "next_cursor", r.NextCursor), '}')
}

// AppendJSON implements request.AppendedReply.
func (r *friendsReply) AppendJSON(b []byte) []byte {
	b = jsontext.AppendList(r.AppendHead(b), "user_list", r.Friends, compose.AppendFriend)
	return append(jsontext.AppendField(b, "next_cursor", r.NextCursor), '}')
}

// AppendJSON implements request.AppendedReply.
func (r *commentsReply) AppendJSON(b []byte) []byte {
	b = jsontext.AppendList(r.AppendHead(b), "comment_list", r.Comments, compose.AppendComment)
	return append(jsontext.AppendField(b, "next_cursor", r.NextCursor), '}')
}

// AppendJSON implements request.AppendedReply.
func (r *videosReply) AppendJSON(b []byte) []byte {
	b = jsontext.AppendList(r.AppendHead(b), "video_list", r.Videos, compose.AppendVideo)
	return append(jsontext.AppendField(b, "next_cursor", r.NextCursor), '}')
}

// AppendJSON implements request.AppendedReply.
func (r *feedReply) AppendJSON(b []byte) []byte {
	b = jsontext.AppendInt(r.AppendHead(b), "next_time", r.Next)
	return append(jsontext.AppendList(b, "video_list", r.Videos, compose.AppendVideo), '}')
}

// AppendJSON implements request.AppendedReply.
func (r *userReply) AppendJSON(b []byte) []byte {
	return append(jsontext.AppendObject(r.AppendHead(b), "user", &r.User, compose.AppendUser), '}')
}

// AppendJSON implements request.AppendedReply.
func (r *messagesReply) AppendJSON(b []byte) []byte { return append(r.appendFields(b), '}') }

// AppendJSON implements request.AppendedReply.
func (r *historyReply) AppendJSON(b []byte) []byte {
	return append(jsontext.AppendField(r.appendFields(b), "next_cursor", r.NextCursor), '}')
}

// appendFields leaves out the closing brace.
func (r *messagesReply) appendFields(b []byte) []byte {
	return jsontext.AppendList(r.AppendHead(b), "message_list", r.Messages, appendMessage)
}

func appendMessage(b []byte, m *message) []byte {
	b = jsontext.AppendInt(append(b, '{'), "id", m.ID)
	b = jsontext.AppendInt(b, "to_user_id", m.ToUserID)
	b = jsontext.AppendInt(b, "from_user_id", m.FromUserID)
	b = jsontext.AppendField(b, "content", m.Content)
	return append(jsontext.AppendInt(b, "create_time", m.CreateTime), '}')
}
