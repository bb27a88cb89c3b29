// Package mysql stores users, credentials, sessions and activities in MySQL or
// MariaDB.
package mysql

import (
	"embed"
	"io/fs"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the schema of the service, for sqldb.Migrate.
func Migrations() fs.FS { return migrations }

// Store implements user.Store. Errors of the database are wrapped by sqldb.Wrap.
type Store struct{ db *sqlx.DB }

var _ user.Store = (*Store)(nil)

// New returns a store on a migrated database.
func New(db *sqlx.DB) *Store { return &Store{db: db} }
