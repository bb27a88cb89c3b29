package ids

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// Timings are the timings of a lease in tests.
type Timings struct{ Hold, Use, Renew, Retry time.Duration }

// LeaseWith is Lease with other timings.
func LeaseWith(ctx context.Context, db *sqlx.DB, clock func() time.Time, t Timings) (*Generator, func(), error) {
	return startLease(ctx, db, clock, timings{hold: t.Hold, use: t.Use, renew: t.Renew, retry: t.Retry, call: time.Second})
}
