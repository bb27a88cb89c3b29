package deadletter

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// Filter selects letters. The zero value selects all.
type Filter struct {
	IDs   []int64
	Topic string    // the topic of the event
	Since time.Time // received at this time or later
	Until time.Time // received before this time
	Limit int       // the first so many in the order of their ids; 0: all
}

// where returns the conditions with their arguments.
func (f Filter) where() (conditions string, args []any) {
	parts := []string{"TRUE"}
	add := func(condition string, arg any) {
		parts = append(parts, condition)
		args = append(args, arg)
	}
	if len(f.IDs) > 0 {
		add("id IN (?)", f.IDs)
	}
	if f.Topic != "" {
		add("source_topic = ?", f.Topic)
	}
	if !f.Since.IsZero() {
		add("received_at_ms >= ?", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		add("received_at_ms < ?", f.Until.UnixMilli())
	}
	return strings.Join(parts, " AND "), args
}

// columns are those of a letter without its payload.
const columns = `id, event_id, topic, source_topic, received_at_ms, replays, requested_at_ms, refused, retries, retry_at_ms,
	last_error, claimed_until_ms, LENGTH(payload) AS payload_length`

// List returns the selected letters without their payloads, in the order of
// their ids.
func List(ctx context.Context, db sqldb.Handle, f Filter) ([]Letter, error) {
	const op = "deadletter.List"
	conditions, args := f.where()
	query := "SELECT " + columns + " FROM dead_letters WHERE " + conditions + " ORDER BY id"
	if f.Limit > 0 {
		query += " LIMIT ?"
		args = append(args, f.Limit)
	}
	query, args, err := expand(query, args)
	if err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	var letters []Letter
	err = db.SelectContext(ctx, &letters, query, args...)
	return letters, sqldb.Wrap(op, err)
}

// expand replaces the place of a list of ids by one place per id.
func expand(query string, args []any) (string, []any, error) {
	if len(args) == 0 {
		return query, nil, nil
	}
	return sqlx.In(query, args...)
}

// Get returns a letter with its payload. The error is NotFound for a letter that
// does not exist.
func Get(ctx context.Context, db sqldb.Handle, id int64) (Letter, error) {
	var letter Letter
	err := db.GetContext(ctx, &letter, "SELECT "+columns+", payload FROM dead_letters WHERE id = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		err = errs.New(errs.NotFound, reasonMissing, "there is no such dead letter")
	}
	return letter, sqldb.Wrap("deadletter.Get", err)
}

// chunk is how many letters one statement changes, so that none holds many
// locks for long.
const chunk = 500

// Discard deletes letters for good and returns how many there were.
func Discard(ctx context.Context, db sqldb.Handle, ids []int64) (int64, error) {
	return change(ctx, db, "deadletter.Discard", "DELETE FROM dead_letters WHERE id IN (?)", ids)
}

// change runs a statement that ends with a list of ids and returns the number of
// rows that it changed.
func change(ctx context.Context, db sqldb.Handle, op, statement string, ids []int64, args ...any) (changed int64, err error) {
	for some := range slices.Chunk(ids, chunk) {
		query, all, err := sqlx.In(statement, append(slices.Clone(args), some)...)
		if err != nil {
			return changed, sqldb.Wrap(op, err)
		}
		result, err := db.ExecContext(ctx, query, all...)
		if err != nil {
			return changed, sqldb.Wrap(op, err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return changed, sqldb.Wrap(op, err)
		}
		changed += n
	}
	return changed, nil
}
