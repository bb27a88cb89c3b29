package chat

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Send commits a message. It returns ErrMessageInvalid, ErrSelfMessage,
// ErrUserUnknown, ErrRequestID and, under the policy Friends, ErrNotFriends. With
// a request id it is idempotent: a repeated call returns the first message. A call
// with the same request id and another text returns ErrRequestReused, because
// acknowledging it would lose that text.
func (s *Service) Send(ctx context.Context, fromID, toID int64, content, requestID string) (Message, error) {
	const op = "chat.Send"
	if fromID <= 0 || toID <= 0 {
		return Message{}, errs.Wrap(op, ErrIDInvalid)
	}
	if fromID == toID {
		return Message{}, errs.Wrap(op, ErrSelfMessage)
	}
	if !validContent(content) {
		return Message{}, errs.Wrap(op, ErrMessageInvalid)
	}
	if !validRequestID(requestID) {
		return Message{}, errs.Wrap(op, ErrRequestID)
	}
	if err := s.mayWrite(ctx, fromID, toID); err != nil {
		return Message{}, errs.Wrap(op, err)
	}
	id, err := s.IDs.Next()
	if err != nil {
		return Message{}, errs.Wrap(op, err)
	}
	message, err := s.Messages.Append(ctx, Message{
		ID: id, FromUserID: fromID, ToUserID: toID, Content: content, RequestID: requestID,
		CreatedAtMS: s.Clock().UnixMilli(),
	})
	if err != nil {
		return Message{}, errs.Wrap(op, err)
	}
	s.Hot.MessageSent(ctx, fromID, toID)
	if message.Content != content {
		return Message{}, errs.Wrap(op, ErrRequestReused)
	}
	return message, nil
}

// mayWrite applies the policy. The policy Friends needs no separate check that
// the receiver exists.
func (s *Service) mayWrite(ctx context.Context, fromID, toID int64) error {
	if s.Policy == Friends {
		friends, err := s.Relations.AreFriends(ctx, fromID, toID)
		if err != nil {
			return err
		}
		if !friends {
			return ErrNotFriends
		}
		return nil
	}
	exists, err := s.Users.Exists(ctx, toID)
	if err != nil {
		return err
	}
	if !exists {
		return ErrUserUnknown
	}
	return nil
}

// validContent accepts text without control characters, except line breaks and
// tabs. White space is kept, because the sender's phone already shows the text
// with it.
func validContent(content string) bool {
	if strings.TrimSpace(content) == "" || !utf8.ValidString(content) || utf8.RuneCountInString(content) > MaxContent {
		return false
	}
	for _, r := range content {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
	}
	return true
}

func validRequestID(id string) bool {
	if len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}
