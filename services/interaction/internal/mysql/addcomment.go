package mysql

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	// Fails if another transaction used a request id since it was looked for.
	insertComments = `INSERT INTO comments (id, video_id, author_id, user_id, content, request_id, created_at_ms, deleted)
VALUES [(?, ?, ?, ?, ?, ?, ?, ?)]`
	commentsByRequest = `SELECT ` + commentColumns + ` FROM comments FORCE INDEX (one_per_request)
WHERE (user_id, request_id) IN ([(?, ?)])`
)

type requestKey struct {
	userID    int64
	requestID string
}

// comment is a row of comments.
type comment struct {
	interaction.Comment
	stored, changed bool
}

// lockComments locks and reads the comments that the batch deletes.
func (b *batch) lockComments(ctx context.Context, tx sqldb.Handle) error {
	var ids []int64
	for _, w := range b.writes {
		if w.Delete != nil {
			ids = append(ids, w.Delete.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := selectComments(ctx, tx, ids)
	for _, row := range rows {
		b.comments[row.ID] = &comment{Comment: row.comment(), stored: true}
	}
	return err
}

// readRequests reads the comments that were written with the request ids of the
// batch. It needs no lock: whoever uses one of them meanwhile makes the insertion
// fail.
func (b *batch) readRequests(ctx context.Context, tx sqldb.Handle) error {
	var args []any
	for _, w := range b.writes {
		if w.Add != nil && w.Add.RequestID != "" {
			args = append(args, w.Add.UserID, w.Add.RequestID)
		}
	}
	if len(args) == 0 {
		return nil
	}
	var rows []commentRow
	if err := tx.SelectContext(ctx, &rows, sqldb.Repeat(commentsByRequest, ", ", len(args)/2), args...); err != nil {
		return err
	}
	for _, row := range rows {
		found, locked := b.comments[row.ID]
		if !locked {
			found = &comment{Comment: row.comment(), stored: true}
		}
		b.requests[requestKey{row.UserID, row.RequestID}] = found
	}
	return nil
}

func (b *batch) addComment(c interaction.Comment, trace string) interaction.Outcome {
	key := requestKey{c.UserID, c.RequestID}
	if first, used := b.requests[key]; used && c.RequestID != "" {
		return interaction.Outcome{Comment: first.Comment}
	}
	if b.deleted[c.VideoID] {
		return interaction.Outcome{Err: interaction.ErrVideoUnknown}
	}
	row := &comment{Comment: c, changed: true}
	b.comments[c.ID], b.requests[key] = row, row
	event := commentEvent(eventv1.TopicCommented, versionCreated, c, excerpt(c.Content))
	event.TraceParent = trace
	b.events = append(b.events, event)
	b.videos[c.VideoID] = b.videos[c.VideoID].plus(videoCounts{comments: 1, added: true})
	return interaction.Outcome{Comment: c}
}

func (b *batch) deleteComment(id int64, trace string) interaction.Outcome {
	row, exists := b.comments[id]
	if !exists || row.Deleted {
		return interaction.Outcome{}
	}
	row.Deleted, row.Content, row.changed = true, "", true
	event := commentEvent(eventv1.TopicUncommented, versionDeleted, row.Comment, "")
	event.TraceParent = trace
	b.events = append(b.events, event)
	b.videos[row.VideoID] = b.videos[row.VideoID].plus(videoCounts{comments: -1})
	return interaction.Outcome{Changed: true}
}

// storeComments writes the changed rows by ascending id.
func (b *batch) storeComments(ctx context.Context, tx sqldb.Handle) error {
	var inserts []any
	var ends []int64
	for _, id := range slices.Sorted(maps.Keys(b.comments)) {
		c := b.comments[id]
		switch {
		case !c.changed:
		case c.stored:
			ends = append(ends, id)
		default:
			requestID := sql.NullString{String: c.RequestID, Valid: c.RequestID != ""}
			inserts = append(inserts, c.ID, c.VideoID, c.AuthorID, c.UserID, c.Content, requestID, c.CreatedAt.UnixMilli(), c.Deleted)
		}
	}
	if len(ends) > 0 {
		if err := sqldb.ExecIn(ctx, tx, markCommentsDeleted, ends); err != nil {
			return err
		}
	}
	return execRows(ctx, tx, insertComments, 8, inserts)
}

func commentEvent(topic string, version int64, c interaction.Comment, excerpt string) outbox.Event {
	return outbox.Event{
		Topic:   topic,
		Subject: eventv1.CommentSubject(c.ID),
		Version: version,
		Data: &eventv1.Commented{
			CommentId: c.ID, UserId: c.UserID, VideoId: c.VideoID, AuthorId: c.AuthorID, Excerpt: excerpt,
		},
	}
}

func excerpt(content string) string {
	runes := []rune(content)
	return string(runes[:min(len(runes), excerptLength)])
}
