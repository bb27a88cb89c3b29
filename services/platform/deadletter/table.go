package deadletter

import (
	"context"
	"errors"

	"github.com/go-sql-driver/mysql"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	sqlCreate = `CREATE TABLE IF NOT EXISTS dead_letters (
		id               BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
		event_id         VARCHAR(100) NOT NULL,
		topic            VARCHAR(100) NOT NULL,
		source_topic     VARCHAR(100) NOT NULL,
		payload          MEDIUMBLOB NOT NULL,
		received_at_ms   BIGINT NOT NULL,
		replays          INT NOT NULL DEFAULT 0,
		requested_at_ms  BIGINT NULL,
		claimed_until_ms BIGINT NOT NULL DEFAULT 0,
		last_error       VARCHAR(300) NOT NULL DEFAULT '',
		UNIQUE KEY event_topic (event_id, topic),
		KEY requested (requested_at_ms)
	) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

	// Tables of earlier versions end with received_at_ms.
	sqlHasReplays = `SELECT COUNT(*) FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name = 'dead_letters' AND column_name = 'replays'`
	sqlAddReplays = `ALTER TABLE dead_letters
		ADD COLUMN replays          INT NOT NULL DEFAULT 0,
		ADD COLUMN requested_at_ms  BIGINT NULL,
		ADD COLUMN claimed_until_ms BIGINT NOT NULL DEFAULT 0,
		ADD COLUMN last_error       VARCHAR(300) NOT NULL DEFAULT '',
		ADD KEY requested (requested_at_ms)`
)

// maxError is the length of the column last_error, in characters.
const maxError = 300

// duplicateColumn is the server's error number for a column that exists.
const duplicateColumn = 1060

// Ensure creates the table, or brings one of an earlier version up to date.
// Replicas may call it at the same time.
func Ensure(ctx context.Context, db sqldb.Handle) error {
	const op = "deadletter.Ensure"
	if _, err := db.ExecContext(ctx, sqlCreate); err != nil {
		return sqldb.Wrap(op, err)
	}
	current, err := HasReplays(ctx, db)
	if err != nil || current {
		return sqldb.Wrap(op, err)
	}
	_, err = db.ExecContext(ctx, sqlAddReplays)
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && refused.Number == duplicateColumn {
		return nil // another replica was faster
	}
	return sqldb.Wrap(op, err)
}

// HasReplays reports whether the table exists and is of a version that knows
// replays. It is false until the service was started once in such a version.
func HasReplays(ctx context.Context, db sqldb.Handle) (bool, error) {
	var columns int
	err := db.GetContext(ctx, &columns, sqlHasReplays)
	return columns > 0, sqldb.Wrap("deadletter.HasReplays", err)
}
