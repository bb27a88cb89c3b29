// Package mysql stores conversations in MySQL or MariaDB.
package mysql

import (
	"embed"
	"io/fs"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the schema of the service, for sqldb.Migrate.
func Migrations() fs.FS { return migrations }

// Store implements the storage ports of package chat. Errors of the database are
// wrapped by sqldb.Wrap.
type Store struct {
	db *sqlx.DB
	// committed wakes the relay of the outbox.
	committed func()
}

var (
	_ chat.Batches           = (*Store)(nil)
	_ chat.Messages          = (*Store)(nil)
	_ chat.DeliveryPositions = (*Store)(nil)
)

// New returns a store on a migrated database. The store calls committed after
// each transaction that wrote an event; committed must not block.
func New(db *sqlx.DB, committed func()) *Store { return &Store{db: db, committed: committed} }

// pair is the key of a conversation.
type pair struct{ low, high int64 }

func pairOf(a, b int64) pair { return pair{min(a, b), max(a, b)} }
