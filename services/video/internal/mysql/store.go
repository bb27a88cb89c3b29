// Package mysql keeps uploads and videos in the video service's own database.
// It runs on MySQL 8.4 and MariaDB 10.11.
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

// Store implements the two stores of the domain package.
type Store struct {
	db *sqlx.DB
}

var (
	_ video.Uploads = (*Store)(nil)
	_ video.Videos  = (*Store)(nil)
)

// New makes a store on a database with the current schema.
func New(db *sqlx.DB) *Store { return &Store{db: db} }
