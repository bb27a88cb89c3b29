// Package mysql stores likes and comments in MySQL or MariaDB.
package mysql

import (
	"embed"
	"io/fs"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the schema of the service, for sqldb.Migrate.
func Migrations() fs.FS { return migrations }

// Store implements the storage ports of package interaction. Errors of the database
// are wrapped by sqldb.Wrap.
type Store struct {
	db *sqlx.DB
	// committed wakes the relay of the outbox.
	committed func()
}

var (
	_ interaction.Batches  = (*Store)(nil)
	_ interaction.Likes    = (*Store)(nil)
	_ interaction.Comments = (*Store)(nil)
	_ interaction.Stats    = (*Store)(nil)
	_ interaction.Purges   = (*Store)(nil)
)

// New returns a store on a migrated database. The store calls committed after
// each transaction that wrote an event; committed must not block.
func New(db *sqlx.DB, committed func()) *Store { return &Store{db: db, committed: committed} }
