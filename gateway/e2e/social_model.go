//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"regexp"
)

// Listed is a list that may have several parts; next_cursor is "" at the end.
// The old client does not know it and takes the first part for all there is.
type Listed struct {
	NextCursor string `json:"next_cursor"`
}

// LikedReply answers favorite/list.
type LikedReply struct {
	Status
	Listed
	Videos []Video `json:"video_list"`
}

func (r LikedReply) check() error { return checkVideos(r.Status, r.Videos) }

// UsersReply answers the lists of follows and followers.
type UsersReply struct {
	Status
	Listed
	Users []User `json:"user_list"`
}

func (r UsersReply) check() error {
	return checkList(r.Status, r.Users, func(u User) (int64, error) { return u.ID, u.check() })
}

// Friend is a user with the newest message of the conversation, flat.
type Friend struct {
	User
	Message string `json:"message"`
	// Kind is 0 if the message was received or there is none, 1 if it was sent.
	Kind      int64 `json:"msgType"`
	KindSnake int64 `json:"msg_type"`
}

func (f Friend) check() error {
	if f.Kind < 0 || f.Kind > 1 || f.Kind != f.KindSnake {
		return fmt.Errorf("friend %d has msgType %d and msg_type %d", f.ID, f.Kind, f.KindSnake)
	}
	if f.Message == "" && f.Kind != 0 {
		return fmt.Errorf("friend %d has no message and msgType %d", f.ID, f.Kind)
	}
	return f.User.check()
}

// FriendsReply answers the list of friends.
type FriendsReply struct {
	Status
	Listed
	Friends []Friend `json:"user_list"`
}

func (r FriendsReply) check() error {
	return checkList(r.Status, r.Friends, func(f Friend) (int64, error) { return f.ID, f.check() })
}

// Comment is a comment as the client draws it.
type Comment struct {
	ID         int64  `json:"id"`
	User       User   `json:"user"`
	Content    string `json:"content"`
	CreateDate string `json:"create_date"`
	LikeCount  int64  `json:"like_count"`
	TeaseCount int64  `json:"tease_count"`
}

var monthAndDay = regexp.MustCompile(`^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)

func (c Comment) check() error {
	switch {
	case c.ID <= 0 || c.ID > maxID:
		return fmt.Errorf("comment id %d is out of range", c.ID)
	case c.Content == "":
		return fmt.Errorf("comment %d is empty", c.ID)
	case !monthAndDay.MatchString(c.CreateDate):
		return fmt.Errorf("create_date %q of comment %d is no MM-DD", c.CreateDate, c.ID)
	case c.LikeCount != 0 || c.TeaseCount != 0:
		return fmt.Errorf("comment %d has counts that overlap its text on the phone", c.ID)
	}
	return c.User.check()
}

// CommentReply answers the posting of a comment. The answer to a deletion has
// no comment and is a StatusReply.
type CommentReply struct {
	Status
	Comment *Comment `json:"comment,omitempty"`
}

func (r CommentReply) check() error {
	if r.StatusCode != 0 {
		if r.Comment != nil {
			return errors.New("a refusal carries a comment")
		}
		return nil
	}
	if r.Comment == nil {
		return errors.New("success without the comment: the client shows what the answer holds")
	}
	return r.Comment.check()
}

// CommentsReply answers comment/list.
type CommentsReply struct {
	Status
	Listed
	Comments []Comment `json:"comment_list"`
}

func (r CommentsReply) check() error {
	return checkList(r.Status, r.Comments, func(c Comment) (int64, error) { return c.ID, c.check() })
}

// Message is a message as the client draws it.
type Message struct {
	ID         int64  `json:"id"`
	ToUserID   int64  `json:"to_user_id"`
	FromUserID int64  `json:"from_user_id"`
	Content    string `json:"content"`
	CreateTime int64  `json:"create_time"` // Unix milliseconds
}

func (m Message) check() error {
	switch {
	case m.ID <= 0 || m.ID > maxID:
		return fmt.Errorf("message id %d is out of range", m.ID)
	case m.FromUserID <= 0 || m.ToUserID <= 0 || m.FromUserID == m.ToUserID:
		return fmt.Errorf("message %d is from %d to %d", m.ID, m.FromUserID, m.ToUserID)
	case m.Content == "":
		return fmt.Errorf("message %d is a blank bubble", m.ID)
	case m.CreateTime < 1e12:
		return fmt.Errorf("create_time %d of message %d is not in milliseconds", m.CreateTime, m.ID)
	}
	return nil
}

// MessagesReply answers the poll of a chat.
type MessagesReply struct {
	Status
	Messages []Message `json:"message_list"`
}

func (r MessagesReply) check() error {
	for i := 1; i < len(r.Messages); i++ {
		if r.Messages[i].CreateTime <= r.Messages[i-1].CreateTime {
			return fmt.Errorf("messages %d and %d are not in the order of growing times", r.Messages[i-1].ID, r.Messages[i].ID)
		}
	}
	return checkList(r.Status, r.Messages, func(m Message) (int64, error) { return m.ID, m.check() })
}

// Notification tells of one like, comment or follow.
type Notification struct {
	ID         int64  `json:"id"`
	Kind       string `json:"kind"` // liked, commented or followed
	Actor      User   `json:"actor"`
	VideoID    int64  `json:"video_id"`
	CommentID  int64  `json:"comment_id"`
	Excerpt    string `json:"excerpt"`
	CreateTime int64  `json:"create_time"` // Unix milliseconds
}

func (n Notification) check() error {
	ofVideo, ofComment := n.VideoID > 0, n.CommentID > 0
	switch n.Kind {
	case "liked":
		if !ofVideo || ofComment || n.Excerpt != "" {
			return fmt.Errorf("a like with %+v", n)
		}
	case "commented":
		if !ofVideo || !ofComment || n.Excerpt == "" {
			return fmt.Errorf("a comment with %+v", n)
		}
	case "followed":
		if ofVideo || ofComment || n.Excerpt != "" {
			return fmt.Errorf("a follow with %+v", n)
		}
	default:
		return fmt.Errorf("kind %q", n.Kind)
	}
	if n.ID <= 0 || n.CreateTime < 1e12 {
		return fmt.Errorf("notification %d at %d", n.ID, n.CreateTime)
	}
	return n.Actor.check()
}

// NotificationsReply answers notification/list, newest first.
type NotificationsReply struct {
	Status
	Listed
	Unread        int64          `json:"unread_count"`
	Notifications []Notification `json:"notification_list"`
}

func (r NotificationsReply) check() error {
	for i := 1; i < len(r.Notifications); i++ {
		if r.Notifications[i].ID >= r.Notifications[i-1].ID {
			return errors.New("notifications are not newest first")
		}
	}
	return checkList(r.Status, r.Notifications, func(n Notification) (int64, error) { return n.ID, n.check() })
}

// UnreadReply answers notification/read.
type UnreadReply struct {
	Status
	Unread int64 `json:"unread_count"`
}

func (UnreadReply) check() error { return nil }

// checkList demands that each entry is well and listed once, and that a refusal
// lists nothing.
func checkList[T any](s Status, entries []T, check func(T) (int64, error)) error {
	if s.StatusCode != 0 && len(entries) > 0 {
		return errors.New("a refusal carries entries")
	}
	seen := make(map[int64]bool, len(entries))
	for _, entry := range entries {
		id, err := check(entry)
		if err != nil {
			return err
		}
		if seen[id] {
			return fmt.Errorf("%d is listed twice", id)
		}
		seen[id] = true
	}
	return nil
}
