package compose

import (
	"strconv"

	"github.com/douyin-on-dapr/douyin/gateway/internal/jsontext"
)

// encodedUser is the JSON of a user around the value of is_follow. It is shared and
// read-only.
type encodedUser struct{ before, after []byte }

// encode returns a user that keeps its JSON. Only IsFollow may be changed
// afterwards.
func (u User) encode() User {
	b := append(make([]byte, 0, 512), '{')
	b = jsontext.AppendInt(b, "id", u.ID)
	b = jsontext.AppendField(b, "name", u.Name)
	b = jsontext.AppendInt(b, "follow_count", u.FollowCount)
	b = jsontext.AppendInt(b, "follower_count", u.FollowerCount)
	b = append(b, `,"is_follow":`...)
	middle := len(b)
	b = jsontext.AppendField(b, "avatar", u.Avatar)
	b = jsontext.AppendField(b, "background_image", u.BackgroundImage)
	b = jsontext.AppendField(b, "signature", u.Signature)
	b = jsontext.AppendInt(b, "total_favorited", u.TotalFavorited)
	b = jsontext.AppendInt(b, "work_count", u.WorkCount)
	b = jsontext.AppendInt(b, "favorite_count", u.FavoriteCount)
	u.encoded = &encodedUser{before: b[:middle:middle], after: b[middle:]}
	return u
}

// AppendUser appends the JSON of a user.
func AppendUser(b []byte, u *User) []byte { return append(appendUserFields(b, u), '}') }

// appendUserFields leaves out the closing brace.
func appendUserFields(b []byte, u *User) []byte {
	encoded := u.encoded
	if encoded == nil {
		encoded = u.encode().encoded
	}
	b = append(b, encoded.before...)
	b = strconv.AppendBool(b, u.IsFollow)
	return append(b, encoded.after...)
}

// AppendFriend appends the JSON of a friend.
func AppendFriend(b []byte, f *Friend) []byte {
	b = appendUserFields(b, &f.User)
	b = jsontext.AppendField(b, "message", f.Message)
	b = jsontext.AppendInt(b, "msgType", f.Kind)
	return append(jsontext.AppendInt(b, "msg_type", f.KindSnake), '}')
}

// AppendComment appends the JSON of a comment.
func AppendComment(b []byte, c *Comment) []byte {
	b = jsontext.AppendInt(append(b, '{'), "id", c.ID)
	b = jsontext.AppendObject(b, "user", &c.User, AppendUser)
	b = jsontext.AppendField(b, "content", c.Content)
	b = jsontext.AppendField(b, "create_date", c.CreateDate)
	b = jsontext.AppendInt(b, "like_count", c.LikeCount)
	return append(jsontext.AppendInt(b, "tease_count", c.TeaseCount), '}')
}

// AppendVideo appends the JSON of a video.
func AppendVideo(b []byte, v *Video) []byte {
	b = jsontext.AppendInt(append(b, '{'), "id", v.ID)
	b = jsontext.AppendObject(b, "author", &v.Author, AppendUser)
	b = jsontext.AppendField(b, "play_url", v.PlayURL)
	b = jsontext.AppendField(b, "cover_url", v.CoverURL)
	b = jsontext.AppendInt(b, "favorite_count", v.FavoriteCount)
	b = jsontext.AppendInt(b, "comment_count", v.CommentCount)
	b = jsontext.AppendBool(b, "is_favorite", v.IsFavorite)
	b = jsontext.AppendField(b, "title", v.Title)
	b = jsontext.AppendField(b, "state", v.State)
	b = jsontext.AppendInt(b, "progress", int64(v.Progress))
	b = jsontext.AppendField(b, "failure_reason", v.FailureReason)
	b = jsontext.AppendField(b, "failure_msg", v.FailureMsg)
	b = jsontext.AppendField(b, "hls_url", v.HLSURL)
	b = jsontext.AppendInt(b, "duration_ms", v.DurationMS)
	b = jsontext.AppendInt(b, "width", int64(v.Width))
	return append(jsontext.AppendInt(b, "height", int64(v.Height)), '}')
}
