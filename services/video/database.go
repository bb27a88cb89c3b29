package main

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/mysql"
)

// openDatabase waits for the sidecar, asks it for the DSN and opens the database
// with its schema up to date.
func openDatabase(ctx context.Context, sidecar *daprx.Sidecar, c Config) (*sqlx.DB, error) {
	if err := sidecar.WaitReady(ctx); err != nil {
		return nil, err
	}
	dsn, err := sidecar.Secret(ctx, contract.SecretStore, contract.SecretVideoDSN)
	if err != nil {
		return nil, err
	}
	db, err := sqldb.Open(ctx, dsn, sqldb.Options{MaxOpen: c.DBConnections})
	if err != nil {
		return nil, err
	}
	if err := sqldb.Migrate(ctx, db, mysql.Migrations); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
