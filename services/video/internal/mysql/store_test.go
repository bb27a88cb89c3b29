package mysql_test

import (
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
	"github.com/douyin-on-dapr/douyin/services/video/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/video/internal/storetest"
)

// newDB is a database with the schema of the program.
func newDB(t *testing.T) *sqlx.DB {
	t.Helper()
	db := sqltest.New(t, mysql.Migrations)
	if err := outbox.Ensure(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return mysql.New(newDB(t), func() {}) })
}
