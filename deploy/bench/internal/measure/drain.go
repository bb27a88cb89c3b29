package measure

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// drainPause is the time between two looks at the waiting events.
const drainPause = 50 * time.Millisecond

// Drain waits until every event is published and processed, and returns how long
// that took. The error says which events still wait at the deadline.
func (m *Meter) Drain(ctx context.Context, deadline time.Duration) (time.Duration, error) {
	began := time.Now()
	for {
		waiting, err := m.waiting(ctx)
		took := time.Since(began)
		switch {
		case err != nil || len(waiting) == 0:
			return took, err
		case took > deadline:
			return took, fmt.Errorf("not drained after %s: %s", deadline, strings.Join(waiting, ", "))
		}
		timer := time.NewTimer(drainPause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return took, ctx.Err()
		case <-timer.C:
		}
	}
}

// waiting describes the outboxes with events and the streams whose consumers are
// behind.
func (m *Meter) waiting(ctx context.Context) ([]string, error) {
	var waiting []string
	for service, db := range m.dbs {
		events, err := m.unpublished(ctx, db)
		if err != nil {
			return nil, fmt.Errorf("outbox of %s: %w", service, err)
		}
		if events > 0 {
			waiting = append(waiting, fmt.Sprintf("%d events in the outbox of %s", events, service))
		}
	}
	if m.streams == nil {
		if err := m.findStreams(ctx); err != nil {
			return nil, err
		}
	}
	for _, stream := range m.streams {
		m.ownRedis++
		groups, err := m.redis.XInfoGroups(ctx, stream).Result()
		if err != nil {
			return nil, fmt.Errorf("consumers of %s: %w", stream, err)
		}
		for _, group := range groups {
			if behind := max(group.Lag, 0) + group.Pending; behind > 0 {
				waiting = append(waiting, fmt.Sprintf("%d events of %s for %s", behind, stream, group.Name))
			}
		}
	}
	return waiting, nil
}

// errNoTable is the error number of a missing table.
const errNoTable = 1146

// unpublished counts the events in an outbox; a service without one has none.
func (m *Meter) unpublished(ctx context.Context, db *sql.DB) (events int64, err error) {
	m.ownSQL++
	err = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM outbox WHERE published_at_ms IS NULL`).Scan(&events)
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && refused.Number == errNoTable {
		return 0, nil
	}
	return events, err
}

// findStreams lists the streams. Every one exists since its consumers subscribed.
func (m *Meter) findStreams(ctx context.Context) error {
	const batch = 10_000
	var cursor uint64
	for {
		m.ownRedis++
		streams, next, err := m.redis.ScanType(ctx, cursor, "*", batch, "stream").Result()
		if err != nil {
			return err
		}
		m.streams = append(m.streams, streams...)
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}
