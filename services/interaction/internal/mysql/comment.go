package mysql

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/jmoiron/sqlx"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	commentColumns = `id, video_id, author_id, user_id, content, COALESCE(request_id, '') AS request_id, created_at_ms, deleted`
	commentByID    = `SELECT ` + commentColumns + ` FROM comments WHERE id = ?`
	lockComments   = `SELECT ` + commentColumns + ` FROM comments FORCE INDEX (PRIMARY)
WHERE id IN (?) AND deleted = FALSE ORDER BY id FOR UPDATE`
	markCommentsDeleted = `UPDATE comments FORCE INDEX (PRIMARY) SET deleted = TRUE, content = '' WHERE id IN (?)`
	listComments        = `SELECT ` + commentColumns + ` FROM comments
WHERE video_id = ? AND deleted = FALSE AND id < ? ORDER BY id DESC LIMIT ?`
)

// excerptLength is the number of characters of a comment in its event.
const excerptLength = 50

// The versions of a comment's events: a comment is created once and deleted once.
const (
	versionCreated = 1
	versionDeleted = 2
)

type commentRow struct {
	ID          int64  `db:"id"`
	VideoID     int64  `db:"video_id"`
	AuthorID    int64  `db:"author_id"`
	UserID      int64  `db:"user_id"`
	Content     string `db:"content"`
	RequestID   string `db:"request_id"`
	CreatedAtMS int64  `db:"created_at_ms"`
	Deleted     bool   `db:"deleted"`
}

func (r commentRow) comment() interaction.Comment {
	return interaction.Comment{
		ID: r.ID, VideoID: r.VideoID, AuthorID: r.AuthorID, UserID: r.UserID,
		Content: r.Content, RequestID: r.RequestID, Deleted: r.Deleted,
		CreatedAt: time.UnixMilli(r.CreatedAtMS).UTC(),
	}
}

// Comment implements interaction.Comments.
func (s *Store) Comment(ctx context.Context, id int64) (interaction.Comment, error) {
	const op = "mysql.Comment"
	var row commentRow
	err := s.db.GetContext(ctx, &row, commentByID, id)
	if errors.Is(err, sql.ErrNoRows) {
		return interaction.Comment{}, interaction.ErrCommentUnknown
	}
	return row.comment(), sqldb.Wrap(op, err)
}

// selectComments locks and reads those of the comments that are not deleted.
func selectComments(ctx context.Context, tx sqldb.Handle, ids []int64) ([]commentRow, error) {
	query, args, err := sqlx.In(lockComments, ids)
	if err != nil {
		return nil, err
	}
	var rows []commentRow
	err = tx.SelectContext(ctx, &rows, query, args...)
	return rows, err
}

// deleteComments deletes comments of one video and returns how many existed. The
// number of statements does not depend on the number of comments.
func deleteComments(ctx context.Context, tx sqldb.Handle, videoID int64, ids []int64) (int, error) {
	rows, err := selectComments(ctx, tx, ids)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	locked, events := make([]int64, len(rows)), make([]outbox.Event, len(rows))
	for i, row := range rows {
		locked[i] = row.ID
		events[i] = commentEvent(eventv1.TopicUncommented, versionDeleted, row.comment(), "")
	}
	if err := sqldb.ExecIn(ctx, tx, markCommentsDeleted, locked); err != nil {
		return 0, err
	}
	if err := outbox.Add(ctx, tx, events...); err != nil {
		return 0, err
	}
	return len(rows), subtractFromVideoCounts(ctx, tx, videoID, 0, int64(len(rows)))
}

// ListComments implements interaction.Comments. Ids grow with time, so the newest
// comment has the largest id.
func (s *Store) ListComments(ctx context.Context, videoID, beforeID int64, limit int) ([]interaction.Comment, error) {
	if beforeID == 0 {
		beforeID = math.MaxInt64
	}
	var rows []commentRow
	if err := s.db.SelectContext(ctx, &rows, listComments, videoID, beforeID, limit); err != nil {
		return nil, sqldb.Wrap("mysql.ListComments", err)
	}
	comments := make([]interaction.Comment, len(rows))
	for i, row := range rows {
		comments[i] = row.comment()
	}
	return comments, nil
}
