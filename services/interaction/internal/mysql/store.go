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
	_ interaction.Stats    = (*Store)(nil)
	_ interaction.Purges   = (*Store)(nil)
)

// New makes a store on a migrated database. After each commit that wrote an
// event it calls committed, which must not block.
func New(db *sqlx.DB, committed func()) *Store { return &Store{db: db, committed: committed} }

const (
	// The counts of a video that is gone stay as they are: no row is affected.
	addVideoCounts = `INSERT INTO video_counts (video_id, likes, comments) VALUES (?, ?, ?)
ON DUPLICATE KEY UPDATE likes = IF(gone, likes, likes + VALUES(likes)), comments = IF(gone, comments, comments + VALUES(comments))`
	subtractVideoCounts = `UPDATE video_counts SET likes = likes - ?, comments = comments - ? WHERE video_id = ?`
)

// addToVideoCounts counts what was added to a video. This row is where it meets
// the deletion of the video: whichever locks it first wins, and once that is the
// deletion the answer is ErrVideoUnknown, which undoes the transaction.
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

// subtractFromVideoCounts counts what ended, also of a video that is gone.
func subtractFromVideoCounts(ctx context.Context, tx sqldb.Handle, videoID, likes, comments int64) error {
	_, err := tx.ExecContext(ctx, subtractVideoCounts, likes, comments, videoID)
	return err
}
