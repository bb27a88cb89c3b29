package seed

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-sql-driver/mysql"
)

// large is the number of rows from which the database server gets other settings
// while they are written.
const large = 200_000

// settings are the values of server variables for writing many rows: memory for
// all indexes, and no wait for the disk at each commit.
func settings() map[string]int64 {
	return map[string]int64{"innodb_buffer_pool_size": 2 << 30, "innodb_flush_log_at_trx_commit": 2}
}

// tune changes the settings for a large data set, and returns how to restore them.
func (f *seeder) tune(ctx context.Context) (restore func(context.Context) error, err error) {
	if f.Shape.Likes+f.Shape.Follows+f.Shape.Users < large {
		return func(context.Context) error { return nil }, nil
	}
	db, err := f.admin()
	if err != nil {
		return nil, err
	}
	before := map[string]int64{}
	restore = func(ctx context.Context) error {
		return errors.Join(set(ctx, db, before), db.Close())
	}
	for name := range settings() {
		var value int64
		if err := db.QueryRowContext(ctx, "SELECT @@GLOBAL."+name).Scan(&value); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", name, err), db.Close())
		}
		before[name] = value
	}
	if err := set(ctx, db, settings()); err != nil {
		return nil, errors.Join(err, restore(ctx))
	}
	return restore, nil
}

func set(ctx context.Context, db *sql.DB, values map[string]int64) error {
	for name, value := range values {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("SET GLOBAL %s = %d", name, value)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// admin connects with the account of the starter.
func (f *seeder) admin() (*sql.DB, error) {
	raw, err := os.ReadFile(filepath.Join(f.stack.Data, "credentials.json"))
	if err != nil {
		return nil, err
	}
	var credentials struct {
		MySQLAdmin string `json:"mysql_admin"`
	}
	if err := json.Unmarshal(raw, &credentials); err != nil {
		return nil, fmt.Errorf("credentials of the stack: %w", err)
	}
	config, err := mysql.ParseDSN(f.stack.DSNs["user"])
	if err != nil {
		return nil, errors.New("invalid DSN") // the driver's error contains the password
	}
	config.User, config.Passwd, config.DBName = "admin", credentials.MySQLAdmin, ""
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}
