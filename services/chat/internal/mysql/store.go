// Package mysql keeps conversations in MySQL or MariaDB.
package mysql

import (
	"embed"
	"io/fs"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the service, for sqldb.Migrate.
func Migrations() fs.FS { return migrations }

// Store is the storage of the service. The database's own errors come back as
// what sqldb.Wrap makes of them.
type Store struct {
	db *sqlx.DB
	// committed wakes the relay of the outbox.
	committed func()
}

var (
	_ chat.Messages          = (*Store)(nil)
	_ chat.DeliveryPositions = (*Store)(nil)
)

// New makes a store on a migrated database. After each commit that wrote an
// event it calls committed, which must not block.
func New(db *sqlx.DB, committed func()) *Store { return &Store{db: db, committed: committed} }

// pair is the key of a conversation.
type pair struct{ low, high int64 }

func pairOf(a, b int64) pair { return pair{min(a, b), max(a, b)} }
