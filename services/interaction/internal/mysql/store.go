// Package mysql stores likes and comments in MySQL or MariaDB.
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
	_ interaction.Likes    = (*Store)(nil)
	_ interaction.Comments = (*Store)(nil)
	_ interaction.Stats    = (*Store)(nil)
	_ interaction.Purges   = (*Store)(nil)
)

// New returns a store on a migrated database. The store calls committed after
// each transaction that wrote an event; committed must not block.
func New(db *sqlx.DB, committed func()) *Store { return &Store{db: db, committed: committed} }

const (
	// The counts of a deleted video do not change: no row is affected.
	addVideoCounts = `INSERT INTO video_counts (video_id, likes, comments) VALUES (?, ?, ?)
ON DUPLICATE KEY UPDATE likes = IF(gone, likes, likes + VALUES(likes)), comments = IF(gone, comments, comments + VALUES(comments))`
	subtractVideoCounts = `UPDATE video_counts SET likes = likes - ?, comments = comments - ? WHERE video_id = ?`
)

// addToVideoCounts adds to the counts of a video. Likes and comments race with the
// deletion of the video for the lock of this row. After the deletion it returns
// ErrVideoUnknown, which rolls the transaction back.
func addToVideoCounts(ctx context.Context, tx sqldb.Handle, videoID, likes, comments int64) error {
	result, err := tx.ExecContext(ctx, addVideoCounts, videoID, likes, comments)
	if err != nil {
		return err
	}
	affected, err := result.RowsAffected()
	if err == nil && affected == 0 {
		return interaction.ErrVideoUnknown
	}
	return err
}

// subtractFromVideoCounts subtracts from the counts, also of a deleted video.
func subtractFromVideoCounts(ctx context.Context, tx sqldb.Handle, videoID, likes, comments int64) error {
	_, err := tx.ExecContext(ctx, subtractVideoCounts, likes, comments, videoID)
	return err
}
