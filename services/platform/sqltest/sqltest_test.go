package sqltest_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

func TestDatabaseLivesAsLongAsTheTest(t *testing.T) {
	outer := sqltest.New(t, nil)
	exists := func(name string) bool {
		var n int
		if err := outer.GetContext(context.Background(), &n, "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", name); err != nil {
			t.Fatal(err)
		}
		return n == 1
	}
	migrations := fstest.MapFS{"0001_init.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (id INT PRIMARY KEY);")}}

	var names []string
	t.Run("inner", func(t *testing.T) {
		for range 2 { // the second would fail on the first one's row
			db := sqltest.New(t, migrations)
			db.MustExec("INSERT INTO a VALUES (1)")
			var name string
			if err := db.GetContext(t.Context(), &name, "SELECT DATABASE()"); err != nil {
				t.Fatal(err)
			}
			if !exists(name) {
				t.Errorf("%s does not exist", name)
			}
			names = append(names, name)
		}
	})
	for _, name := range names {
		if exists(name) {
			t.Errorf("%s was not dropped", name)
		}
	}
}

// observer records how New ends a test that has no server.
type observer struct {
	testing.TB
	skipped, failed bool
}

func (o *observer) Helper()               {}
func (o *observer) Skipf(string, ...any)  { o.skipped = true; panic(o) }
func (o *observer) Fatalf(string, ...any) { o.failed = true; panic(o) }

func TestWithoutServer(t *testing.T) {
	for required, want := range map[string]observer{"": {skipped: true}, "0": {skipped: true}, "1": {failed: true}} {
		t.Setenv("TEST_MYSQL_DSN", "")
		t.Setenv("REQUIRE_INFRA", required)
		var got observer
		func() {
			defer func() { _ = recover() }()
			sqltest.New(&got, nil)
		}()
		if got != want {
			t.Errorf("REQUIRE_INFRA=%q: %+v", required, got)
		}
	}
}
