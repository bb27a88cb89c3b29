// Package measure reads counters of a stack: CPU time by process from /proc, SQL
// statements and fsyncs from the database server, commands from Redis.
package measure

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stack"
)

// Generator is the name of the load generator among the processes.
const Generator = "bench"

// Meter reads the counters of one stack.
type Meter struct {
	parts []stack.Part
	db    *sql.DB
	redis *redis.Client
	dbs   map[string]*sql.DB // by service

	streams []string // of events; nil: not known yet

	// Statements and commands of the meter itself, which are not the system's.
	ownSQL, ownRedis int64
}

// Open connects to the servers of a stack.
func Open(s *stack.Stack) (*Meter, error) {
	m := &Meter{parts: s.Parts, dbs: map[string]*sql.DB{}, redis: redis.NewClient(&redis.Options{
		Addr: s.RedisAddr, Password: s.RedisPassword, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})}
	for service, dsn := range s.DSNs {
		db, err := open(dsn)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("database of %s: %w", service, err), m.Close())
		}
		m.dbs[service], m.db = db, db
	}
	if m.db == nil {
		return nil, errors.New("the stack has no database")
	}
	return m, nil
}

func open(dsn string) (*sql.DB, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("invalid DSN") // the driver's error contains the password
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(2)
	return db, nil
}

// With returns a meter that reads the CPU time of one more process. It shares the
// connections.
func (m *Meter) With(part stack.Part) *Meter {
	other := *m
	other.parts = append(slices.Clone(m.parts), part)
	return &other
}

// Close ends the connections.
func (m *Meter) Close() error {
	err := m.redis.Close()
	for _, db := range m.dbs {
		err = errors.Join(err, db.Close())
	}
	return err
}

// Counters are the readings at one moment.
type Counters struct {
	At      time.Time
	CPU     map[string]time.Duration // by part, and of Generator
	Machine time.Duration            // CPU time of everything on the machine
	SQL     map[string]int64         // status variables of the database server
	Redis   map[string]int64         // calls by command

	ownSQL, ownRedis int64 // of the meter itself
}

// Read reads all counters.
func (m *Meter) Read(ctx context.Context) (Counters, error) {
	c := Counters{At: time.Now(), CPU: map[string]time.Duration{}}
	var err error
	for _, part := range append(slices.Clone(m.parts), stack.Part{Name: Generator, PID: os.Getpid()}) {
		if c.CPU[part.Name], err = cpuOf(part.PID); err != nil {
			return c, fmt.Errorf("CPU time of %s: %w", part.Name, err)
		}
	}
	if c.Machine, err = machineBusy(); err != nil {
		return c, err
	}
	if c.SQL, err = m.status(ctx); err != nil {
		return c, err
	}
	c.Redis, err = m.commands(ctx)
	c.ownSQL, c.ownRedis = m.ownSQL, m.ownRedis
	return c, err
}

// Sub returns what was counted since an earlier reading.
func (c Counters) Sub(earlier Counters) Counters {
	d := Counters{
		At: c.At, CPU: map[string]time.Duration{}, Machine: c.Machine - earlier.Machine,
		SQL: map[string]int64{}, Redis: map[string]int64{},
		ownSQL: c.ownSQL - earlier.ownSQL, ownRedis: c.ownRedis - earlier.ownRedis,
	}
	for name, value := range c.CPU {
		d.CPU[name] = value - earlier.CPU[name]
	}
	for name, value := range c.SQL {
		d.SQL[name] = value - earlier.SQL[name]
	}
	for name, value := range c.Redis {
		if n := value - earlier.Redis[name]; n != 0 {
			d.Redis[name] = n
		}
	}
	return d
}
