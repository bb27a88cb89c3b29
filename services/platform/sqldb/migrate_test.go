package sqldb_test

import (
	"context"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

func file(sql string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql)} }

func TestMigrate(t *testing.T) {
	db := sqltest.New(t, nil)
	first := fstest.MapFS{"0001_init.sql": file("CREATE TABLE a (id INT PRIMARY KEY);")}
	second := fstest.MapFS{
		"0001_init.sql": first["0001_init.sql"],
		"0002_row.sql":  file("INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);"),
	}
	for _, migrations := range []fstest.MapFS{first, second, second} {
		if err := sqldb.Migrate(t.Context(), db, migrations); err != nil {
			t.Fatal(err)
		}
	}
	var rows int
	if err := db.GetContext(t.Context(), &rows, "SELECT COUNT(*) FROM a"); err != nil || rows != 2 {
		t.Errorf("%d rows, %v", rows, err)
	}
	if open := db.Stats().InUse; open != 0 {
		t.Errorf("%d connections still in use", open)
	}
}

// An embed.FS keeps its files in the folder they were embedded from.
func TestMigrateFindsTheFolder(t *testing.T) {
	db := sqltest.New(t, fstest.MapFS{"migrations/0001_init.sql": file("CREATE TABLE a (id INT PRIMARY KEY);")})
	db.MustExec("INSERT INTO a VALUES (1)")
}

func TestMigrateFaults(t *testing.T) {
	db := sqltest.New(t, nil)
	if err := sqldb.Migrate(t.Context(), db, fstest.MapFS{}); err == nil {
		t.Error("no error without migrations")
	}
	if err := sqldb.Migrate(t.Context(), db, fstest.MapFS{"0001_bad.sql": file("CREATE TABEL a;")}); err == nil {
		t.Error("no error for a statement that is not SQL")
	}
	if open := db.Stats().InUse; open != 0 {
		t.Errorf("%d connections still in use", open)
	}
	// The failed migration released the lock.
	if err := sqldb.Migrate(t.Context(), db, fstest.MapFS{"0001_good.sql": file("CREATE TABLE a (id INT PRIMARY KEY);")}); err != nil {
		t.Error(err)
	}
}

// Replicas start together, and each statement runs once. Without the lock both
// would find nothing applied, and the second CREATE or the second row would fail.
func TestMigrateConcurrently(t *testing.T) {
	db := sqltest.New(t, nil)
	migrations := fstest.MapFS{
		"0001_init.sql": file("CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, v INT);"),
		"0002_slow.sql": file("INSERT INTO a (v) SELECT SLEEP(0.3);"),
		"0003_row.sql":  file("INSERT INTO a (v) VALUES (1);"),
	}
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			if err := sqldb.Migrate(t.Context(), db, migrations); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	var rows int
	if err := db.GetContext(t.Context(), &rows, "SELECT COUNT(*) FROM a"); err != nil || rows != 2 {
		t.Errorf("%d rows, want 2; %v", rows, err)
	}
}

// A replica that waits for the lock gives up at its deadline.
func TestMigrateWaitsForTheLock(t *testing.T) {
	db := sqltest.New(t, nil)
	conn, err := db.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var got int
	if err := conn.GetContext(t.Context(), &got, "SELECT GET_LOCK(CONCAT('migrate.', MD5(DATABASE())), 0)"); err != nil || got != 1 {
		t.Fatalf("lock: %d, %v", got, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	migrations := fstest.MapFS{"0001_init.sql": file("CREATE TABLE a (id INT PRIMARY KEY);")}
	if err := sqldb.Migrate(ctx, db, migrations); err == nil {
		t.Error("it did not wait")
	}
	var tables int
	if err := db.GetContext(t.Context(), &tables, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"); err != nil || tables != 0 {
		t.Errorf("%d tables, %v", tables, err)
	}
}
