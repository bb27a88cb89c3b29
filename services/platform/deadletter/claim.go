package deadletter

import (
	"context"
	"database/sql"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// kind is one reason to replay letters, with the statements that differ.
type kind struct {
	find    string // findArgs, limit
	claim   string // end of the claim, last_error, id, now, most attempts
	refuse  string // id, now, most attempts; empty: find leaves such letters out
	fail    string // last_error, refused, no further retry, pause, id, end of the claim
	release string // id, end of the claim
	most    int    // attempts

	findArgs []any
}

// requested are the letters that an operator wants replayed.
func requested() kind {
	return kind{
		find: sqlFindRequested, claim: sqlClaimRequested, refuse: sqlRefuseRequested,
		fail: sqlFailRequested, release: sqlReleaseRequested, most: MaxReplays,
	}
}

// due are the letters whose retry by the service itself is due.
func due() kind {
	return kind{
		find: sqlFindDue, claim: sqlClaimDue, fail: sqlFailDue, release: sqlReleaseDue, most: maxInterruptions,
		findArgs: []any{maxInterruptions, RetryAge.Milliseconds()},
	}
}

// Each attempt counts from its beginning: a letter whose handler ends the whole
// program must not be replayed for ever. Every statement after the claim names
// the end of the claim: a Replayer that was suspended for longer than its lease
// changes nothing of a letter that another one has claimed since.
const (
	sqlNow = `SELECT ` + sqldb.NowMS

	sqlFindRequested = `SELECT id FROM dead_letters
		WHERE requested_at_ms IS NOT NULL AND claimed_until_ms < ` + sqldb.NowMS + `
		ORDER BY requested_at_ms, id LIMIT ?`
	sqlClaimRequested = `UPDATE dead_letters SET claimed_until_ms = ?, last_error = ?, replays = replays + 1
		WHERE id = ? AND requested_at_ms IS NOT NULL AND claimed_until_ms < ? AND replays < ?`
	sqlRefuseRequested = `UPDATE dead_letters SET requested_at_ms = NULL, claimed_until_ms = 0
		WHERE id = ? AND requested_at_ms IS NOT NULL AND claimed_until_ms < ? AND replays >= ?`
	sqlFailRequested    = `UPDATE dead_letters SET requested_at_ms = NULL, ` + sqlFailed
	sqlReleaseRequested = `UPDATE dead_letters SET claimed_until_ms = 0, replays = replays - 1` + sqlClaimed

	sqlFindDue = `SELECT id FROM dead_letters
		WHERE retry_at_ms <= ` + sqldb.NowMS + ` AND requested_at_ms IS NULL AND claimed_until_ms < ` + sqldb.NowMS + `
			AND interruptions < ? AND source_topic <> '' AND received_at_ms > ` + sqldb.NowMS + ` - ?
		ORDER BY retry_at_ms, id LIMIT ?`
	sqlClaimDue = `UPDATE dead_letters
		SET claimed_until_ms = ?, last_error = ?, retries = retries + 1, interruptions = interruptions + 1
		WHERE id = ? AND retry_at_ms IS NOT NULL AND claimed_until_ms < ? AND interruptions < ?`
	sqlFailDue    = `UPDATE dead_letters SET ` + sqlFailed
	sqlReleaseDue = `UPDATE dead_letters
		SET claimed_until_ms = 0, retries = retries - 1, interruptions = interruptions - 1` + sqlClaimed

	sqlFailed = `claimed_until_ms = 0, last_error = ?, refused = ?, interruptions = 0,
		retry_at_ms = IF(?, NULL, ` + sqldb.NowMS + ` + ?)` + sqlClaimed
	sqlDone    = `DELETE FROM dead_letters` + sqlClaimed
	sqlClaimed = ` WHERE id = ? AND claimed_until_ms = ?`

	interrupted = "the program ended during the replay"
)

// claim is the right to replay one letter for the time of the lease.
type claim struct {
	kind  kind
	id    int64
	until int64 // by the database's clock; it differs from all other claims of the letter
}

// claim takes a letter. A request for a letter that was replayed too often is
// taken away.
func (r *Replayer) claim(ctx context.Context, k kind, id int64) (c claim, claimed bool, err error) {
	var now int64
	if err := r.db.GetContext(ctx, &now, sqlNow); err != nil {
		return claim{}, false, err
	}
	c = claim{kind: k, id: id, until: now + r.o.Lease.Milliseconds()}
	claimed, err = changedOne(r.db.ExecContext(ctx, k.claim, c.until, interrupted, id, now, k.most))
	if err != nil || claimed || k.refuse == "" {
		return c, claimed, err
	}
	refused, err := changedOne(r.db.ExecContext(ctx, k.refuse, id, now, k.most))
	if refused {
		r.o.Log.WarnContext(ctx, "dead letter replayed too often", "id", id)
	}
	return c, false, err
}

// done deletes the letter. It is false if the claim had ended.
func (r *Replayer) done(ctx context.Context, c claim) (bool, error) {
	return changedOne(r.db.ExecContext(ctx, sqlDone, c.id, c.until))
}

// failed keeps the letter with the error of its handler. A letter that was not
// refused gets a further retry, unless it is too old.
func (r *Replayer) failed(ctx context.Context, c claim, l Letter, cause error) error {
	refused := isRefusal(cause)
	old := c.until-l.ReceivedMS > RetryAge.Milliseconds()
	_, err := r.db.ExecContext(ctx, c.kind.fail, shorten(cause.Error()), refused, refused || old,
		retryPause(l.Retries).Milliseconds(), c.id, c.until)
	return err
}

// release gives a letter back that was not replayed: the program ends, or the
// database failed before. Its request stays and the attempt does not count.
func (r *Replayer) release(ctx context.Context, c claim) error {
	_, err := r.db.ExecContext(ctx, c.kind.release, c.id, c.until)
	return err
}

func changedOne(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}
