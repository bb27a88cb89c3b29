package measure

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The status variables of the database server.
const (
	statements = "Questions"
	logSyncs   = "Innodb_os_log_fsyncs"
	dataSyncs  = "Innodb_data_fsyncs"
)

const sqlStatus = `SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Innodb_os_log_fsyncs', 'Innodb_data_fsyncs',
	'Handler_read_first', 'Handler_read_key', 'Handler_read_last', 'Handler_read_next', 'Handler_read_prev', 'Handler_read_rnd_next')`

func (m *Meter) status(ctx context.Context) (values map[string]int64, err error) {
	m.ownSQL++
	rows, err := m.db.QueryContext(ctx, sqlStatus)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values = map[string]int64{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		if values[name], err = strconv.ParseInt(value, 10, 64); err != nil {
			return nil, fmt.Errorf("status %s: %w", name, err)
		}
	}
	return values, rows.Err()
}

// Statements is how many statements clients sent to the database.
func (c Counters) Statements() int64 { return c.SQL[statements] - c.ownSQL }

// Syncs is how often the database waited for the disk.
func (c Counters) Syncs() int64 {
	// The second one includes the first on servers that still have it.
	return max(c.SQL[dataSyncs], c.SQL[logSyncs])
}

// IndexReads is how many rows and index entries the database read.
func (c Counters) IndexReads() int64 {
	var n int64
	for name, value := range c.SQL {
		if strings.HasPrefix(name, "Handler_read_") {
			n += value
		}
	}
	return n
}

func (m *Meter) commands(ctx context.Context) (map[string]int64, error) {
	m.ownRedis++
	info, err := m.redis.Info(ctx, "commandstats").Result()
	if err != nil {
		return nil, fmt.Errorf("commands of Redis: %w", err)
	}
	return parseCommands(info)
}

// parseCommands reads lines such as cmdstat_hgetall:calls=7,usec=42,...
func parseCommands(info string) (map[string]int64, error) {
	calls := map[string]int64{}
	lines := bufio.NewScanner(strings.NewReader(info))
	for lines.Scan() {
		name, rest, found := strings.Cut(strings.TrimPrefix(lines.Text(), "cmdstat_"), ":calls=")
		if !found {
			continue
		}
		number, _, _ := strings.Cut(rest, ",")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("commands of Redis: %q: %w", lines.Text(), err)
		}
		calls[name] = n
	}
	return calls, lines.Err()
}

// StateReads is how many keys of the state store were read: the sidecar sends one
// HGETALL for each.
func (c Counters) StateReads() int64 { return c.Redis["hgetall"] }

// StateWrites is how many keys of the state store were written or deleted: the
// sidecar sends one script for each.
func (c Counters) StateWrites() int64 { return c.Redis["eval"] + c.Redis["evalsha"] }

// Events is how many events were published.
func (c Counters) Events() int64 { return c.Redis["xadd"] }

// Commands is how many commands Redis executed, those inside scripts included.
func (c Counters) Commands() int64 {
	n := -c.ownRedis
	for _, calls := range c.Redis {
		n += calls
	}
	return n
}
