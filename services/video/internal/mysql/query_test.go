package mysql_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
	"github.com/douyin-on-dapr/douyin/services/video/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

const rows = 2_000

// filled is a database with many videos of 20 authors: a quarter is ready, one in a
// hundred failed, the others have jobs.
func filled(t *testing.T) *sqlx.DB {
	t.Helper()
	db := newDB(t)
	values := make([]string, rows)
	args := make([]any, 0, rows*7)
	sum := sha256.Sum256(nil)
	for i := range rows {
		at := int64(1_000_000 + i)
		state, shown, failed := video.StateUploaded, sql.NullInt64{}, sql.NullInt64{}
		switch {
		case i%4 == 0:
			state, shown = video.StateReady, sql.NullInt64{Int64: at, Valid: true}
		case i%100 == 1:
			state, failed = video.StateFailed, sql.NullInt64{Int64: at, Valid: true}
		}
		values[i] = "(?, ?, 'a title', ?, ?, ?, ?, 'k', 1, 1, ?, 'video/mp4')"
		args = append(args, i+1, i%20+1, at, state, shown, failed, sum[:])
	}
	exec(t, db, `INSERT INTO videos (id, author_id, title, published_at_ms, state, shown_at_ms, failed_at_ms,
		source_key, source_size, source_part_size, source_sha256, source_content_type) VALUES `+strings.Join(values, ","), args...)
	exec(t, db, `INSERT INTO authors (author_id, works) SELECT author_id, COUNT(*) FROM videos WHERE state = 2 GROUP BY author_id`)
	exec(t, db, `INSERT INTO jobs (video_id, due_at_ms) SELECT id, published_at_ms FROM videos WHERE state = 1`)
	exec(t, db, `INSERT INTO removals (video_id, layout, extents, due_at_ms) SELECT id, 0, '[]', published_at_ms FROM videos`)
	exec(t, db, `INSERT INTO uploads (video_id, author_id, object_key, part_size, max_size, aborting, expires_at_ms, due_at_ms)
		SELECT id, author_id, 'k', 1, 1, FALSE, published_at_ms, published_at_ms FROM videos`)
	for _, table := range []string{"videos", "jobs", "removals", "uploads"} {
		exec(t, db, "ANALYZE TABLE "+table)
	}
	return db
}

func exec(t *testing.T, db *sqlx.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
}

func TestPlans(t *testing.T) {
	db := filled(t)
	tests := []struct {
		name, query string
		want        []string // the index of each table
		args        []any
	}{
		{"FeedHead", mysql.NewestQuery, []string{"videos_shown"}, []any{int64(video.Latest), 30}},
		{"FeedPage", mysql.NewestQuery, []string{"videos_shown"}, []any{1_000_900, 30}},
		{"ByAuthor", mysql.ByAuthorQuery, []string{"videos_author"}, []any{3, int64(video.Latest), 1_001}},
		{"ByAuthorPage", mysql.ByAuthorQuery, []string{"videos_author"}, []any{3, 1_000_900, 1_001}},
		{"Own", mysql.OwnQuery, []string{"videos_author", "PRIMARY"}, []any{3, int64(video.Latest), 1_001}},
		{"Claim", mysql.ClaimQuery, []string{"uploads_due"}, []any{20}},
		{"Due", mysql.DueQuery, []string{"jobs_due", "PRIMARY"}, nil},
		{"Removal", mysql.RemovalQuery, []string{"removals_due"}, nil},
		{"Failed", mysql.FailedQuery, []string{"videos_failed"}, []any{1_000, 20}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var indexes []string
			for _, step := range sqltest.Explain(t, db, tt.query, tt.args...) {
				indexes = append(indexes, step.Index)
				if step.Sorts {
					t.Errorf("%s is sorted", step.Table)
				}
			}
			if !slices.Equal(indexes, tt.want) {
				t.Errorf("the indexes are %q, want %q", indexes, tt.want)
			}
		})
	}
}

// A read takes one statement, whatever the number of ids.
func TestOneStatementPerRead(t *testing.T) {
	db := filled(t)
	db.SetMaxOpenConns(1) // the counter belongs to the session
	ctx, store := context.Background(), mysql.New(db, func() {})
	many := make([]int64, 1_000)
	for i := range many {
		many[i] = int64(i + 1)
	}
	tests := []struct {
		name string
		read func() (int, error)
		want int
	}{
		{"Newest", func() (int, error) { v, err := store.Newest(ctx, video.Latest, 100); return len(v), err }, 100},
		{"ByAuthor", func() (int, error) {
			v, err := store.ByAuthor(ctx, 1, video.Latest, 1_000, false)
			return len(v), err
		}, rows / 20},
		{"ByAuthorOwn", func() (int, error) {
			v, err := store.ByAuthor(ctx, 3, video.Latest, 1_000, true)
			return len(v), err
		}, rows / 20},
		{"ByIDs", func() (int, error) { v, err := store.ByIDs(ctx, many); return len(v), err }, 1_000},
		{"Existing", func() (int, error) { ids, err := store.Existing(ctx, many); return len(ids), err }, 1_000},
		{"Works", func() (int, error) { w, err := store.Works(ctx, many); return len(w), err }, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := statements(t, db)
			got, err := tt.read()
			if err != nil || got != tt.want {
				t.Fatalf("%d results, %v; want %d", got, err, tt.want)
			}
			if n := statements(t, db) - before - 1; n != 1 { // reading the counter is one statement
				t.Errorf("%d statements", n)
			}
		})
	}
}

func statements(t *testing.T, db *sqlx.DB) int {
	t.Helper()
	var name string
	var value int
	if err := db.QueryRow("SHOW SESSION STATUS LIKE 'Questions'").Scan(&name, &value); err != nil {
		t.Fatal(err)
	}
	return value
}
