// Package mysql stores follows in MySQL or MariaDB.
package mysql

import (
	"embed"
	"io/fs"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the schema of the service, for sqldb.Migrate.
func Migrations() fs.FS { return migrations }

// Store implements the storage ports of relation. Errors of the database are wrapped by
// sqldb.Wrap.
type Store struct {
	db *sqlx.DB
	// committed wakes the relay of the outbox.
	committed func()
}

var (
	_ relation.Store   = (*Store)(nil)
	_ relation.Batches = (*Store)(nil)
)

// New returns a store on a migrated database. The store calls committed after
// each transaction that wrote an event; committed must not block.
func New(db *sqlx.DB, committed func()) *Store { return &Store{db: db, committed: committed} }
