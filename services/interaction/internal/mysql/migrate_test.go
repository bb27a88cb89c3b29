package mysql_test

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// A start that was interrupted may have changed a table without recording the
// migration. The migrations then run again and keep the existing columns.
func TestMigrationsCanBeRepeated(t *testing.T) {
	db := sqltest.New(t, mysql.Migrations())
	if _, err := db.Exec(`DELETE FROM goose_db_version WHERE version_id >= 5`); err != nil {
		t.Fatal(err)
	}
	if err := sqldb.Migrate(t.Context(), db, mysql.Migrations()); err != nil {
		t.Fatal(err)
	}
}
