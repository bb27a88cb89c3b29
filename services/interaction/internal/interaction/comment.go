package interaction

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Comment is a comment on a video.
type Comment struct {
	ID        int64
	VideoID   int64
	AuthorID  int64 // author of the video
	UserID    int64 // writer of the comment
	Content   string
	RequestID string // chosen by the writer, may be empty
	CreatedAt time.Time
	Deleted   bool // the row stays, so that a repeated deletion succeeds
}

// PostComment adds a comment. It returns ErrVideoUnknown, ErrCommentInvalid and
// ErrRequestID. With a request id it is idempotent: a repeated call returns the
// first comment. Using the same request id for another video or another text
// returns ErrRequestUsed, because the new comment would be stored nowhere. If the
// first comment was deleted since, a repeated call does not restore it and returns
// ErrCommentUnknown.
func (s *Service) PostComment(ctx context.Context, userID, videoID int64, content, requestID string) (Comment, error) {
	const op = "interaction.PostComment"
	if userID <= 0 || videoID <= 0 {
		return Comment{}, errs.Wrap(op, ErrIDInvalid)
	}
	content, err := commentText(content)
	if err != nil {
		return Comment{}, errs.Wrap(op, err)
	}
	if !validRequestID(requestID) {
		return Comment{}, errs.Wrap(op, ErrRequestID)
	}
	author, err := s.Videos.Author(ctx, videoID)
	if err != nil {
		return Comment{}, errs.Wrap(op, err)
	}
	id, err := s.IDs.Next()
	if err != nil {
		return Comment{}, errs.Wrap(op, err)
	}
	outcome, err := s.Writer.Do(ctx, Write{
		Add: &Comment{
			ID: id, VideoID: videoID, AuthorID: author, UserID: userID,
			Content: content, RequestID: requestID, CreatedAt: s.Clock().UTC().Truncate(time.Millisecond),
		},
		TraceParent: s.TraceParent(ctx),
	})
	if err = cmp.Or(err, outcome.Err); err != nil {
		return Comment{}, errs.Wrap(op, err)
	}
	comment := outcome.Comment
	switch {
	case comment.VideoID != videoID:
		return Comment{}, errs.Wrap(op, ErrRequestUsed)
	case comment.Deleted: // its text is gone, and cannot be compared
		return Comment{}, errs.Wrap(op, ErrCommentUnknown)
	case comment.Content != content:
		return Comment{}, errs.Wrap(op, ErrRequestUsed)
	}
	return comment, nil
}

// DeleteComment deletes a comment of the user. It is idempotent. It returns
// ErrCommentUnknown, also if the comment belongs to another video, and
// ErrNotCommentOwner.
func (s *Service) DeleteComment(ctx context.Context, userID, videoID, commentID int64) (changed bool, err error) {
	const op = "interaction.DeleteComment"
	if userID <= 0 || videoID <= 0 || commentID <= 0 {
		return false, errs.Wrap(op, ErrIDInvalid)
	}
	comment, err := s.Comments.Comment(ctx, commentID)
	if errors.Is(err, ErrCommentUnknown) || (err == nil && comment.VideoID != videoID) {
		return false, errs.Wrap(op, ErrCommentUnknown)
	}
	if err != nil {
		return false, errs.Wrap(op, err)
	}
	if comment.UserID != userID {
		return false, errs.Wrap(op, ErrNotCommentOwner)
	}
	if comment.Deleted {
		return false, nil
	}
	outcome, err := s.Writer.Do(ctx, Write{Delete: &comment, TraceParent: s.TraceParent(ctx)})
	return outcome.Changed, errs.Wrap(op, err)
}

// CommentPage is one page of the comments of a video.
type CommentPage struct {
	Comments     []Comment
	Writers      []UserStats // of the comments, each once
	NextBeforeID int64       // start of the next page; 0 at the end
}

// ListComments returns a page of comments, newest first, with the stats of their
// writers if they are wanted. An unknown video has no comments.
func (s *Service) ListComments(ctx context.Context, videoID, beforeID int64, limit int, withWriters bool) (CommentPage, error) {
	const op = "interaction.ListComments"
	if videoID <= 0 || beforeID < 0 {
		return CommentPage{}, errs.Wrap(op, ErrIDInvalid)
	}
	limit = pageLimit(limit)
	comments, err := s.Comments.ListComments(ctx, videoID, beforeID, limit+1)
	if err != nil {
		return CommentPage{}, errs.Wrap(op, err)
	}
	page := CommentPage{Comments: comments}
	if len(comments) > limit {
		page.Comments = comments[:limit]
		page.NextBeforeID = comments[limit-1].ID
	}
	if !withWriters {
		return page, nil
	}
	writers := make([]int64, len(page.Comments))
	for i, comment := range page.Comments {
		writers[i] = comment.UserID
	}
	page.Writers, err = s.userStats(ctx, writers)
	return page, errs.Wrap(op, err)
}

// commentText returns the text that is stored, without leading and trailing white
// space. Control characters other than line breaks and tabs are refused.
func commentText(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > MaxContent {
		return "", ErrCommentInvalid
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return "", ErrCommentInvalid
		}
	}
	return text, nil
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
