package seed

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// statementSize is the size of an INSERT in bytes. Servers accept at least four
// times as much.
const statementSize = 1 << 20

// bulk inserts many rows with few statements.
type bulk struct {
	ctx   context.Context
	db    *sql.DB
	head  string
	tail  string // such as ON DUPLICATE KEY UPDATE
	text  []byte
	count int64
	err   error
}

func newBulk(ctx context.Context, db *sql.DB, table string, columns ...string) *bulk {
	return &bulk{ctx: ctx, db: db, head: "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES "}
}

// add adds a row. After an error it does nothing.
func (b *bulk) add(values ...any) {
	if b.err != nil {
		return
	}
	if len(b.text) == 0 {
		b.text = append(b.text, b.head...)
	} else {
		b.text = append(b.text, ',')
	}
	b.text = append(b.text, '(')
	for i, value := range values {
		if i > 0 {
			b.text = append(b.text, ',')
		}
		if b.text, b.err = appendLiteral(b.text, value); b.err != nil {
			return
		}
	}
	b.text = append(b.text, ')')
	b.count++
	if len(b.text) >= statementSize {
		b.flush()
	}
}

func (b *bulk) flush() {
	if b.err != nil || len(b.text) == 0 {
		return
	}
	b.text = append(b.text, b.tail...)
	_, b.err = b.db.ExecContext(b.ctx, string(b.text))
	b.text = b.text[:0]
}

// end sends the remaining rows.
func (b *bulk) end() error {
	b.flush()
	if b.err != nil {
		return fmt.Errorf("%s: %w", strings.TrimSuffix(b.head, " VALUES "), b.err)
	}
	return nil
}

// appendLiteral appends a value as SQL.
func appendLiteral(text []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(text, "NULL"...), nil
	case int64:
		return strconv.AppendInt(text, v, 10), nil
	case int32:
		return strconv.AppendInt(text, int64(v), 10), nil
	case int:
		return strconv.AppendInt(text, int64(v), 10), nil
	case bool:
		if v {
			return append(text, '1'), nil
		}
		return append(text, '0'), nil
	case string:
		return appendBytes(text, []byte(v)), nil
	case []byte:
		return appendBytes(text, v), nil
	default:
		return text, fmt.Errorf("a value of type %T", value)
	}
}

// appendBytes appends bytes in hexadecimal, which needs no escaping.
func appendBytes(text, value []byte) []byte {
	if len(value) == 0 {
		return append(text, "''"...)
	}
	return append(hex.AppendEncode(append(text, "X'"...), value), '\'')
}

// record is a row that new rows are copied from, whatever columns it has.
type record struct {
	columns []string
	values  []any
}

// readRecord reads the only row of a query.
func readRecord(ctx context.Context, db *sql.DB, query string, args ...any) (r record, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return record{}, err
	}
	defer rows.Close()
	if r.columns, err = rows.Columns(); err != nil {
		return record{}, err
	}
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return record{}, err
		}
		return record{}, fmt.Errorf("%s: no row", query)
	}
	r.values = make([]any, len(r.columns))
	targets := make([]any, len(r.columns))
	for i := range targets {
		targets[i] = &r.values[i]
	}
	return r, rows.Scan(targets...)
}

// set changes the value of a column that the table may have.
func (r record) set(column string, value any) {
	for i, name := range r.columns {
		if name == column {
			r.values[i] = value
		}
	}
}

// text returns the value of a column as text, "" for NULL and for a column that is
// missing.
func (r record) text(column string) string {
	for i, name := range r.columns {
		if name != column {
			continue
		}
		switch v := r.values[i].(type) {
		case []byte:
			return string(v)
		case string:
			return v
		}
	}
	return ""
}

func (r record) bulk(ctx context.Context, db *sql.DB, table string) *bulk {
	return newBulk(ctx, db, table, r.columns...)
}
