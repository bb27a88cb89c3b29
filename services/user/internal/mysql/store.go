// Package mysql keeps users, credentials and sessions in MySQL or MariaDB. It
// implements user.Store and knows SQL; the rules are in package user.
package mysql

import (
	"embed"
	"io/fs"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations is the schema, for sqldb.Migrate.
func Migrations() fs.FS { return migrations }

// Store is a user.Store over one database.
type Store struct{ db *sqlx.DB }

var _ user.Store = (*Store)(nil)

// New makes a Store; the schema must be up to date.
func New(db *sqlx.DB) *Store { return &Store{db: db} }
