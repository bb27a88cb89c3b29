package outbox

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	// turnLease is how long a replica keeps the turn without renewing it, and so
	// how long the others wait for one that died.
	turnLease = 6 * time.Second

	// turnRest is what must be left of the turn for a batch; otherwise it is
	// renewed first.
	turnRest = publishTimeout

	// turnIdle is how long a replica without work keeps the turn. Under load the
	// next commit comes earlier, and the turn costs nothing.
	turnIdle = 50 * time.Millisecond
)

const (
	// The end grows, so that the update always changes the row. An end further away
	// than any lease was set before the clock went back, and does not count.
	sqlTakeTurn = `UPDATE outbox_relay SET token = ?,
			until_ms = GREATEST(IF(until_ms > ` + sqldb.NowMS + ` + ?, 0, until_ms + 1), ` + sqldb.NowMS + ` + ?)
		WHERE id = 1 AND (token = ? OR until_ms < ` + sqldb.NowMS + ` OR until_ms > ` + sqldb.NowMS + ` + ?)`
	sqlEndTurn = `UPDATE outbox_relay SET until_ms = 0 WHERE id = 1 AND token = ?`
)

// turn is the right of one replica to publish, with an end. A replica that was
// suspended sees by its own clock that its turn is over.
type turn struct {
	token string
	until time.Time // by this process's monotonic clock, a little early; zero: not held
}

func newTurn() turn { return turn{token: ulid.MustNew(ulid.Now(), rand.Reader).String()} }

func (t *turn) held() bool { return !t.until.IsZero() }

// take takes the turn or renews it. It is false when another replica has it.
func (t *turn) take(ctx context.Context, db sqldb.Handle) (bool, error) {
	if time.Until(t.until) > turnRest {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	asked := time.Now()
	lease := turnLease.Milliseconds()
	result, err := db.ExecContext(ctx, sqlTakeTurn, t.token, 2*lease, lease, t.token, 2*lease)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 {
		t.until = time.Time{}
		return false, err
	}
	t.until = asked.Add(turnLease)
	return true, nil
}

// end gives the turn back. If that fails, it ends by itself.
func (t *turn) end(ctx context.Context, db sqldb.Handle) {
	if !t.held() {
		return
	}
	t.until = time.Time{}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	_, _ = db.ExecContext(ctx, sqlEndTurn, t.token) // without an answer the lease ends it
}
