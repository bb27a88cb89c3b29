// Package mysql keeps likes and comments in MySQL or MariaDB.
package mysql

import (
	"context"
	"embed"
	"io/fs"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
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
	_ interaction.Likes    = (*Store)(nil)
	_ interaction.Comments = (*Store)(nil)
	_ interaction.Facts    = (*Store)(nil)
)

// New makes a store on a migrated database. After each commit that wrote an
// event it calls committed, which must not block.
func New(db *sqlx.DB, committed func()) *Store { return &Store{db: db, committed: committed} }

const moveVideo = `INSERT INTO video_counts (video_id, likes, comments) VALUES (?, GREATEST(?, 0), GREATEST(?, 0))
ON DUPLICATE KEY UPDATE likes = likes + ?, comments = comments + ?`

// moveVideoCounts adds to the counts of a video.
func moveVideoCounts(ctx context.Context, tx sqldb.Handle, videoID, likes, comments int64) error {
	_, err := tx.ExecContext(ctx, moveVideo, videoID, likes, comments, likes, comments)
	return err
}

// step is +1 or -1.
func step(up bool) int64 {
	if up {
		return 1
	}
	return -1
}
