package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	txAttempts = 4
	txPause    = 10 * time.Millisecond // before the first retry; doubled for each further one
)

// InTx runs fn in one transaction: committed when fn returns nil, rolled back
// when it returns an error or panics. A transaction that the server gave up for
// the good of another (deadlock, lock wait) is run again a few times, so fn may
// run more than once: it touches nothing but tx and its own result. No RPC, no
// publishing inside.
//
// The error of fn comes back as it is; one of begin or commit says so and keeps
// its cause, for Wrap and IsDuplicate.
func InTx(ctx context.Context, db *sqlx.DB, fn func(ctx context.Context, tx Handle) error) error {
	for attempt := 1; ; attempt++ {
		err := once(ctx, db, fn)
		if err == nil || attempt == txAttempts || !givenUp(err) {
			return err
		}
		// Two transactions that met once must not meet again in step.
		pause := txPause << (attempt - 1)
		timer := time.NewTimer(pause/2 + rand.N(pause)) //nolint:gosec // nobody gains by guessing it
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

func once(ctx context.Context, db *sqlx.DB, fn func(ctx context.Context, tx Handle) error) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	// After a commit this does nothing. When it fails the connection is gone,
	// and with it the transaction.
	defer func() { _ = tx.Rollback() }()

	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		// A transaction whose context ends is rolled back by the pool, which then
		// may know no more than that it is over.
		if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
