// Package mysql stores uploads, videos and jobs in the database of the video
// service. It runs on MySQL 8.4 and MariaDB 10.11.
package mysql

import (
	"embed"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// Migrations is the schema, for sqldb.Migrate.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Store implements the stores of the domain package.
type Store struct {
	db *sqlx.DB
	// committed wakes the relay of the outbox.
	committed func()
}

var (
	_ video.Uploads    = (*Store)(nil)
	_ video.Videos     = (*Store)(nil)
	_ video.Lifecycles = (*Store)(nil)
	_ video.Removals   = (*Store)(nil)
)

// New returns a store on a database with the current schema and the tables of the
// outbox. It calls committed after each commit that wrote an event. committed must
// not block.
func New(db *sqlx.DB, committed func()) *Store { return &Store{db: db, committed: committed} }
