// Package seed fills a new stack with a data set. A few users and one video come
// in through the API; everything else is written into the databases and the object
// store, in the form in which the services store it. Counters, activity lists and
// objects fit the rows, so the auditor finds no violation.
//
// A change of a service's schema may need a change here. Rows with many columns
// are copied from one that the service wrote, so a new column with a constant
// value needs none.
package seed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sql-driver/mysql"
	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/model"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stack"
	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// Password is the password of every user.
const Password = "bench-password"

// environment that the objects are written for.
const environmentLocal = "local"

// seeder fills one stack.
type seeder struct {
	*model.Data
	stack    *stack.Stack
	client   *client.Client
	dbs      map[string]*sql.DB
	progress func(string)

	activities map[int32][]activity // by user
}

// Fill fills the stack and returns the data with all ids.
func Fill(ctx context.Context, s *stack.Stack, shape model.Shape, progress func(string)) (data *model.Data, err error) {
	if s.Env != "" && s.Env != environmentLocal {
		return nil, fmt.Errorf("environment %s: objects can be written in the environment %s only", s.Env, environmentLocal)
	}
	f := &seeder{
		Data: model.Plan(shape, time.Now()), stack: s, dbs: map[string]*sql.DB{}, progress: progress,
		client:     client.New(s.BaseURL, &http.Client{Timeout: 30 * time.Second}),
		activities: map[int32][]activity{},
	}
	defer func() {
		for _, db := range f.dbs {
			err = errors.Join(err, db.Close())
		}
	}()
	for service, dsn := range s.DSNs {
		if f.dbs[service], err = connect(dsn); err != nil {
			return nil, fmt.Errorf("database of %s: %w", service, err)
		}
	}
	return f.Data, f.fill(ctx)
}

func connect(dsn string) (*sql.DB, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("invalid DSN") // the driver's error contains the password
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func (f *seeder) fill(ctx context.Context) error {
	steps := []struct {
		name string
		run  func(context.Context) error
	}{
		{"register the actors", f.registerActors},
		{"publish a video", f.publish},
		{"users", f.users},
		{"videos", f.videos},
		{"follows", f.follows},
		{"likes and comments", f.interactions},
		{"activities", f.writeActivities},
		{"messages", f.messages},
		{"statistics of the tables", f.analyze},
		{"hot documents", f.forget},
	}
	for _, step := range steps {
		began := time.Now()
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("seed: %s: %w", step.name, err)
		}
		if took := time.Since(began); took > time.Second {
			f.progress(fmt.Sprintf("seed: %s (%s)", step.name, took.Round(100*time.Millisecond)))
		}
	}
	f.Index()
	return nil
}

// registerActors registers the users with a session.
func (f *seeder) registerActors(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4) // hashing passwords keeps more than two cores busy
	for i := range f.Actors {
		group.Go(func() error {
			name := fmt.Sprintf("bench actor %03d", i)
			session, err := client.Accepted(f.client.Register(ctx, name, Password))
			if err != nil {
				return err
			}
			f.Actors[i] = model.Actor{ID: session.UserID, Name: name, Token: session.Token}
			f.UserIDs[i] = session.UserID
			return nil
		})
	}
	return group.Wait()
}

// analyze makes the optimizer see the rows.
func (f *seeder) analyze(ctx context.Context) error {
	for service, db := range f.dbs {
		tables, err := texts(ctx, db, `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if _, err := db.ExecContext(ctx, "ANALYZE TABLE "+table); err != nil {
				return fmt.Errorf("%s.%s: %w", service, table, err)
			}
		}
	}
	return nil
}

func texts(ctx context.Context, db *sql.DB, query string) (all []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
