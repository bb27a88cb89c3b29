package mysql_test

import (
	"crypto/sha256"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
	"github.com/douyin-on-dapr/douyin/services/video/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// Videos from before the introduction of processing keep their places in the feed,
// are served as uploaded, and get jobs, the newest first.
func TestEarlierVideos(t *testing.T) {
	first, err := fs.ReadFile(mysql.Migrations, "migrations/0001_init.sql")
	if err != nil {
		t.Fatal(err)
	}
	db := sqltest.New(t, fstest.MapFS{"0001_init.sql": {Data: first}})
	sum := sha256.Sum256(nil)
	for id := int64(1); id <= 3; id++ {
		exec(t, db, `INSERT INTO videos (id, author_id, title, published_at_ms, state,
			source_key, source_size, source_part_size, source_sha256, source_content_type)
			VALUES (?, 7, 'x', ?, 2, 'k', 5, 6, ?, 'video/quicktime')`, id, 1_000+id, sum[:])
	}
	if err := sqldb.Migrate(t.Context(), db, mysql.Migrations); err != nil {
		t.Fatal(err)
	}
	// The last migration may be interrupted after its statements, and is repeated.
	last, err := fs.ReadFile(mysql.Migrations, "migrations/0005_earlier_videos.sql")
	if err != nil {
		t.Fatal(err)
	}
	for statement := range strings.SplitSeq(string(last), ";") {
		if strings.TrimSpace(statement) != "" {
			exec(t, db, statement)
		}
	}
	store := mysql.New(db, func() {})
	shown, err := store.Newest(t.Context(), video.Latest, 10)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, v := range shown {
		ids = append(ids, v.ID)
		if v.ShownAtMs != v.PublishedAtMs || v.Play == nil || *v.Play != v.Source || v.Cover != nil || v.Version != 1 || v.Attempt != 0 {
			t.Errorf("became %+v", v)
		}
	}
	if !slices.Equal(ids, []int64{3, 2, 1}) {
		t.Errorf("the feed is %v", ids)
	}
	var due []int64
	exec(t, db, `UPDATE jobs SET due_at_ms = due_at_ms - 60000`) // after a minute
	for range 3 {
		found, err := store.UpdateNextDue(t.Context(), func(c *video.Lifecycle) error {
			due = append(due, c.Video.ID)
			if c.Job.Attempt != 0 || c.Job.Tries != 0 || c.Job.Held {
				t.Errorf("the job is %+v", c.Job)
			}
			c.Job = nil
			return nil
		})
		if err != nil || !found {
			t.Fatalf("%v, %v", found, err)
		}
	}
	if !slices.Equal(due, []int64{3, 2, 1}) {
		t.Errorf("the jobs are %v", due)
	}
}

// An interrupted start may have changed a table without recording it. Repeating the
// migrations changes nothing.
func TestMigrationsMayBeRepeated(t *testing.T) {
	db := sqltest.New(t, mysql.Migrations)
	exec(t, db, `DELETE FROM goose_db_version WHERE version_id >= 2`)
	if err := sqldb.Migrate(t.Context(), db, mysql.Migrations); err != nil {
		t.Fatal(err)
	}
}
