package mysql_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
	"github.com/douyin-on-dapr/douyin/services/video/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

const rows = 2_000

// filled is a database with many videos of 20 authors, one in four ready.
func filled(t *testing.T) *sqlx.DB {
	t.Helper()
	db := sqltest.New(t, mysql.Migrations)
	values := make([]string, rows)
	args := make([]any, 0, rows*5)
	sum := sha256.Sum256(nil)
	for i := range rows {
		state := video.StateFailed
		if i%4 == 0 {
			state = video.StateReady
		}
		values[i] = "(?, ?, 'a title', ?, ?, 'k', 1, 1, ?, 'video/mp4')"
		args = append(args, i+1, i%20+1, 1_000_000+i, state, sum[:])
	}
	exec(t, db, `INSERT INTO videos (id, author_id, title, published_at_ms, state,
		source_key, source_size, source_part_size, source_sha256, source_content_type) VALUES `+strings.Join(values, ","), args...)
	exec(t, db, `INSERT INTO authors (author_id, works) SELECT author_id, COUNT(*) FROM videos GROUP BY author_id`)
	exec(t, db, "ANALYZE TABLE videos")
	return db
}

func exec(t *testing.T, db *sqlx.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
}

// plan is a row of EXPLAIN: which index is read, and what has to be done besides.
type plan struct {
	Key   *string `db:"key"`
	Extra *string `db:"Extra"`
}

func TestPlans(t *testing.T) {
	db := filled(t)
	tests := []struct {
		name, query, key string
		args             []any
	}{
		{"FeedHead", mysql.NewestQuery, "videos_feed", []any{int64(video.Latest), 30}},
		{"FeedPage", mysql.NewestQuery, "videos_feed", []any{1_000_900, 30}},
		{"ByAuthor", mysql.ByAuthorQuery, "videos_author", []any{3, int64(video.Latest), 1_001}},
		{"ByAuthorPage", mysql.ByAuthorQuery, "videos_author", []any{3, 1_000_900, 1_001}},
		{"Claim", mysql.ClaimQuery, "uploads_due", []any{1_000, 20}},
	}
	exec(t, db, `INSERT INTO uploads (video_id, author_id, object_key, part_size, max_size, aborting, expires_at_ms, due_at_ms)
		SELECT id, author_id, 'k', 1, 1, FALSE, published_at_ms, published_at_ms FROM videos`)
	exec(t, db, "ANALYZE TABLE uploads")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var plans []plan
			if err := db.Unsafe().Select(&plans, "EXPLAIN "+tt.query, tt.args...); err != nil {
				t.Fatal(err)
			}
			if len(plans) != 1 || plans[0].Key == nil || *plans[0].Key != tt.key {
				t.Fatalf("plan %s, want the index %s", describe(plans), tt.key)
			}
			if extra := plans[0].Extra; extra != nil && strings.Contains(*extra, "filesort") {
				t.Errorf("the rows are sorted: %s", *extra)
			}
		})
	}
}

func describe(plans []plan) string {
	var text []string
	for _, p := range plans {
		for _, column := range []*string{p.Key, p.Extra} {
			if column != nil {
				text = append(text, *column)
			}
		}
	}
	return strings.Join(text, ", ")
}

// However much is asked for, it is one statement.
func TestOneStatementPerQuestion(t *testing.T) {
	db := filled(t)
	db.SetMaxOpenConns(1) // the counter is the session's
	ctx, store := context.Background(), mysql.New(db)
	many := make([]int64, 1_000)
	for i := range many {
		many[i] = int64(i + 1)
	}
	tests := []struct {
		name string
		ask  func() (int, error)
		want int
	}{
		{"Newest", func() (int, error) { v, err := store.Newest(ctx, video.Latest, 100); return len(v), err }, 100},
		{"ByAuthor", func() (int, error) { v, err := store.ByAuthor(ctx, 3, video.Latest, 1_000); return len(v), err }, rows / 20},
		{"ByIDs", func() (int, error) { v, err := store.ByIDs(ctx, many); return len(v), err }, 1_000},
		{"Works", func() (int, error) { w, err := store.Works(ctx, many); return len(w), err }, 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := statements(t, db)
			got, err := tt.ask()
			if err != nil || got != tt.want {
				t.Fatalf("%d answers, %v; want %d", got, err, tt.want)
			}
			if n := statements(t, db) - before - 1; n != 1 { // asking for the number is one too
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
