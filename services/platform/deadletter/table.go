package deadletter

import (
	"context"
	"errors"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

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
		refused          BOOLEAN NOT NULL DEFAULT FALSE,
		retry_at_ms      BIGINT NULL DEFAULT 0,
		retries          INT NOT NULL DEFAULT 0,
		interruptions    INT NOT NULL DEFAULT 0,
		UNIQUE KEY event_topic (event_id, topic),
		KEY requested (requested_at_ms),
		KEY retry_at (retry_at_ms)
	) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

	sqlHasColumn = `SELECT COUNT(*) FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name = 'dead_letters' AND column_name = ?`

	// The first version of the table ends with received_at_ms, the second with
	// last_error.
	sqlAddReplays = `ALTER TABLE dead_letters
		ADD COLUMN replays          INT NOT NULL DEFAULT 0,
		ADD COLUMN requested_at_ms  BIGINT NULL,
		ADD COLUMN claimed_until_ms BIGINT NOT NULL DEFAULT 0,
		ADD COLUMN last_error       VARCHAR(300) NOT NULL DEFAULT '',
		ADD KEY requested (requested_at_ms)`
	// Letters that exist get a retry at once: retry_at_ms is 0.
	sqlAddRetries = `ALTER TABLE dead_letters
		ADD COLUMN refused       BOOLEAN NOT NULL DEFAULT FALSE,
		ADD COLUMN retry_at_ms   BIGINT NULL DEFAULT 0,
		ADD COLUMN retries       INT NOT NULL DEFAULT 0,
		ADD COLUMN interruptions INT NOT NULL DEFAULT 0,
		ADD KEY retry_at (retry_at_ms)`
)

// maxError is the length of the column last_error, in characters.
const maxError = 300

// duplicateColumn is the server's error number for a column that exists.
const duplicateColumn = 1060

// Ensure creates the table, or brings one of an earlier version up to date.
// Replicas may call it at the same time.
func Ensure(ctx context.Context, db *sqlx.DB) error {
	const op = "deadletter.Ensure"
	if _, err := db.ExecContext(ctx, sqlCreate); err != nil {
		return sqldb.Wrap(op, err)
	}
	for _, step := range []struct{ column, alter string }{
		{"replays", sqlAddReplays},
		{"retries", sqlAddRetries},
	} {
		exists, err := hasColumn(ctx, db, step.column)
		if err != nil {
			return sqldb.Wrap(op, err)
		}
		if exists {
			continue
		}
		_, err = db.ExecContext(ctx, step.alter)
		var refused *mysql.MySQLError
		if errors.As(err, &refused) && refused.Number == duplicateColumn {
			continue // another replica was faster
		}
		if err != nil {
			return sqldb.Wrap(op, err)
		}
	}
	return nil
}

func hasColumn(ctx context.Context, db sqldb.Handle, name string) (bool, error) {
	var columns int
	err := db.GetContext(ctx, &columns, sqlHasColumn, name)
	return columns > 0, err
}

// IsCurrent reports whether the table exists and has all columns that this
// version reads. It is false until the service was started once in this version.
func IsCurrent(ctx context.Context, db sqldb.Handle) (bool, error) {
	current, err := hasColumn(ctx, db, "retries")
	return current, sqldb.Wrap("deadletter.IsCurrent", err)
}
