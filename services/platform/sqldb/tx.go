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

type impatient struct{}

// Impatient returns a context in which InTx gives up after its first wait for a
// lock, one second, for callers that then do without the rows of others.
func Impatient(ctx context.Context) context.Context {
	return context.WithValue(ctx, impatient{}, true)
}

// retries reports whether InTx repeats a transaction that failed.
func retries(ctx context.Context, err error) bool {
	if number(err) == lockWaitTimeout && ctx.Value(impatient{}) != nil {
		return false
	}
	return IsLockConflict(err)
}

// InTx runs fn in one transaction, which is committed if fn returns nil and rolled
// back if it returns an error or panics. A transaction that the server aborted
// because of another one (deadlock, lock wait) is retried a few times, so fn may
// run more than once: it must change nothing except tx and its own result, and
// must neither call other programs nor publish.
//
// The error of fn is returned unchanged; an error of begin or commit says so and
// keeps its cause, for Wrap and IsDuplicate.
func InTx(ctx context.Context, db *sqlx.DB, fn func(ctx context.Context, tx Handle) error) error {
	for attempt := 1; ; attempt++ {
		err := once(ctx, db, fn)
		if err == nil || attempt == txAttempts || !retries(ctx, err) {
			return err
		}
		// A random pause keeps two conflicting transactions from conflicting again.
		pause := txPause << (attempt - 1)
		timer := time.NewTimer(pause/2 + rand.N(pause)) //nolint:gosec // not a secret
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
	// No effect after a commit. If it fails, the connection is gone, and with it
	// the transaction.
	defer func() { _ = tx.Rollback() }()

	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		// The pool rolls back a transaction whose context ends. It may then only
		// report that the transaction is over.
		if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
			err = ctx.Err()
		}
		return &commitError{err}
	}
	return nil
}

// commitError is a failure of a commit. The transaction may have been committed, so
// it is never a fault of the request.
type commitError struct{ cause error }

func (e *commitError) Error() string { return "commit: " + e.cause.Error() }
func (e *commitError) Unwrap() error { return e.cause }

// OutcomeUnknown reports whether err is the failure of a commit: the transaction may
// have been committed or not. The relay of an outbox is woken then, as after a
// commit.
func OutcomeUnknown(err error) bool {
	var unknown *commitError
	return errors.As(err, &unknown)
}
