package outbox

import (
	"context"
	"errors"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	// Events that are not published have no published_at_ms. The others stay for
	// a while, in case the broker loses them.
	sqlCreateOutbox = `CREATE TABLE IF NOT EXISTS outbox (
		id              BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
		event_id        CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
		topic           VARCHAR(100) NOT NULL,
		subject         VARCHAR(100) NOT NULL,
		version         BIGINT NOT NULL,
		occurred_at_ms  BIGINT NOT NULL,
		traceparent     VARCHAR(55) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
		data            TEXT NOT NULL,
		published_at_ms BIGINT NULL,
		KEY published (published_at_ms)
	) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

	// Its only row is the turn of the relays of all replicas: the one whose token
	// it has publishes until the end, by the database's clock. mark_ms is the
	// newest value of the broker mark.
	sqlCreateRelay = `CREATE TABLE IF NOT EXISTS outbox_relay (
		id       TINYINT NOT NULL PRIMARY KEY,
		token    CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
		until_ms BIGINT NOT NULL DEFAULT 0,
		mark_ms  BIGINT NOT NULL DEFAULT 0
	) ENGINE = InnoDB`
	sqlFillRelay = `INSERT IGNORE INTO outbox_relay (id) VALUES (1)`

	sqlHasColumn = `SELECT COUNT(*) FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?`

	// Earlier versions deleted an event when it was published and kept a copy in
	// outbox_told. They had two more keys, which nothing uses.
	sqlAddPublished = `ALTER TABLE outbox ADD COLUMN published_at_ms BIGINT NULL, ADD KEY published (published_at_ms),
		DROP KEY event_id, DROP KEY subject`
	sqlAddTurn = `ALTER TABLE outbox_relay
		ADD COLUMN token    CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
		ADD COLUMN until_ms BIGINT NOT NULL DEFAULT 0,
		ADD COLUMN mark_ms  BIGINT NOT NULL DEFAULT 0`

	sqlLockRelay = `SELECT id FROM outbox_relay WHERE id = 1 FOR UPDATE`
	sqlMoveTold  = `INSERT INTO outbox (` + columns + `, published_at_ms) SELECT ` + columns + `, told_at_ms FROM outbox_told ORDER BY id`
	sqlEmptyTold = `DELETE FROM outbox_told`
	sqlDropTold  = `DROP TABLE IF EXISTS outbox_told`

	columns = `event_id, topic, subject, version, occurred_at_ms, traceparent, data`
)

// Error numbers of the server when another replica was faster.
const (
	duplicateColumn = 1060
	noSuchKey       = 1091
	noSuchTable     = 1146
)

// overtaken reports that another replica did what was refused.
func overtaken(err error) bool {
	var refused *mysql.MySQLError
	if !errors.As(err, &refused) {
		return false
	}
	return refused.Number == duplicateColumn || refused.Number == noSuchKey || refused.Number == noSuchTable
}

// Ensure creates missing tables and brings those of an earlier version up to
// date; events that wait there stay. Replicas may call it at the same time.
func Ensure(ctx context.Context, db *sqlx.DB) error {
	return sqldb.Wrap("outbox.Ensure", ensure(ctx, db))
}

func ensure(ctx context.Context, db *sqlx.DB) error {
	for _, statement := range []string{sqlCreateOutbox, sqlCreateRelay} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	for _, step := range []struct{ table, column, alter string }{
		{"outbox", "published_at_ms", sqlAddPublished},
		{"outbox_relay", "token", sqlAddTurn},
	} {
		exists, err := hasColumn(ctx, db, step.table, step.column)
		if err != nil {
			return err
		}
		if exists {
			continue
		}
		if _, err := db.ExecContext(ctx, step.alter); err != nil && !overtaken(err) {
			return err
		}
	}
	if _, err := db.ExecContext(ctx, sqlFillRelay); err != nil {
		return err
	}
	return moveTold(ctx, db)
}

func hasColumn(ctx context.Context, db sqldb.Handle, table, column string) (bool, error) {
	var columns int
	err := db.GetContext(ctx, &columns, sqlHasColumn, table, column)
	return columns > 0, err
}

// moveTold moves the copies of an earlier version into the outbox.
func moveTold(ctx context.Context, db *sqlx.DB) error {
	exists, err := hasColumn(ctx, db, "outbox_told", "told_at_ms")
	if err != nil || !exists {
		return err
	}
	err = sqldb.InTx(ctx, db, func(ctx context.Context, tx sqldb.Handle) error {
		var one int
		if err := tx.GetContext(ctx, &one, sqlLockRelay); err != nil {
			return err
		}
		for _, statement := range []string{sqlMoveTold, sqlEmptyTold} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && !overtaken(err) {
		return err
	}
	_, err = db.ExecContext(ctx, sqlDropTold)
	return err
}
