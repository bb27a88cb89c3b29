package ids

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// nodeTable is one holder's access to the table of leases. All its times are the
// database's, in milliseconds since the epoch of ids.
type nodeTable struct {
	db     *sqlx.DB
	holder string // random and unique
	hold   time.Duration
}

// row is the result of a claim or renewal, with the database's time.
type row struct {
	Expires int64 `db:"expires_ms"`
	Now     int64 `db:"now_ms"`
}

// claimed is a node with the last millisecond of ids of earlier holders.
type claimed struct {
	node, after int64
	row
}

const (
	sqlNow = `TIMESTAMPDIFF(MICROSECOND, '2024-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000`

	sqlCreate = `CREATE TABLE IF NOT EXISTS id_nodes (
		node       TINYINT UNSIGNED NOT NULL PRIMARY KEY,
		holder     VARCHAR(32) CHARACTER SET ascii NOT NULL DEFAULT '',
		expires_ms BIGINT NOT NULL DEFAULT 0
	) ENGINE = InnoDB`
	sqlCount = `SELECT COUNT(*) FROM id_nodes`

	// The node that has been free for the longest time.
	sqlFree = `SELECT node, expires_ms FROM id_nodes WHERE expires_ms < ` + sqlNow + `
		ORDER BY expires_ms, node LIMIT 1 FOR UPDATE`
	sqlTake = `UPDATE id_nodes SET holder = ?, expires_ms = ` + sqlNow + ` + ? WHERE node = ?`
	// It always grows, even if the database's clock goes back.
	sqlRenew = `UPDATE id_nodes SET expires_ms = GREATEST(expires_ms + 1, ` + sqlNow + ` + ?)
		WHERE node = ? AND holder = ?`
	sqlRead    = `SELECT expires_ms, ` + sqlNow + ` AS now_ms FROM id_nodes WHERE node = ?`
	sqlRelease = `UPDATE id_nodes SET holder = '', expires_ms = ? WHERE node = ? AND holder = ?`
)

// create creates the table and its rows if they do not exist.
func (t nodeTable) create(ctx context.Context) error {
	if _, err := t.db.ExecContext(ctx, sqlCreate); err != nil {
		return err
	}
	var count int
	if err := t.db.GetContext(ctx, &count, sqlCount); err != nil || count == nodes {
		return err
	}
	rows := make([]string, nodes)
	for node := range rows {
		rows[node] = fmt.Sprintf("(%d)", node)
	}
	_, err := t.db.ExecContext(ctx, "INSERT IGNORE INTO id_nodes (node) VALUES "+strings.Join(rows, ",")) //nolint:gosec // only numbers
	return err
}

// claim takes a node whose lease has expired.
func (t nodeTable) claim(ctx context.Context) (claimed, error) {
	var c claimed
	err := sqldb.InTx(ctx, t.db, func(ctx context.Context, tx sqldb.Handle) error {
		var free struct {
			Node    int64 `db:"node"`
			Expires int64 `db:"expires_ms"`
		}
		err := tx.GetContext(ctx, &free, sqlFree)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.New(errs.Unavailable, reasonNodesTaken, "")
		}
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, sqlTake, t.holder, t.hold.Milliseconds(), free.Node); err != nil {
			return err
		}
		c = claimed{node: free.Node, after: free.Expires}
		return tx.GetContext(ctx, &c.row, sqlRead, free.Node)
	})
	return c, err
}

// renew extends the holder's lease; held is false if another holder has the node.
func (t nodeTable) renew(ctx context.Context, node int64) (r row, held bool, err error) {
	err = sqldb.InTx(ctx, t.db, func(ctx context.Context, tx sqldb.Handle) error {
		result, err := tx.ExecContext(ctx, sqlRenew, t.hold.Milliseconds(), node, t.holder)
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		if err != nil || changed == 0 {
			held = false
			return err
		}
		held = true
		return tx.GetContext(ctx, &r, sqlRead, node)
	})
	return r, held, err
}

// release frees the node and records the last used millisecond, behind which the next
// holder starts.
func (t nodeTable) release(ctx context.Context, node, last int64) error {
	_, err := t.db.ExecContext(ctx, sqlRelease, last, node, t.holder)
	return err
}
