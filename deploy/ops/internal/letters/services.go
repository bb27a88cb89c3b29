package letters

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// Service is one service that keeps dead letters.
type Service struct {
	Name string
	DB   *sqlx.DB
}

// Services are ordered by name.
type Services []Service

const (
	openTimeout    = 10 * time.Second
	maxConnections = 2
)

// Open connects to the databases of the named services, or of all for none.
// Services without a table of dead letters are left out.
func Open(ctx context.Context, dsns map[string]string, names []string) (_ Services, err error) {
	for _, name := range names {
		if dsns[name] == "" {
			return nil, tool.UsageError(fmt.Sprintf("no service %q has a database: --app takes one of %s", name, strings.Join(slices.Sorted(maps.Keys(dsns)), ", ")))
		}
	}
	if len(names) == 0 {
		names = slices.Collect(maps.Keys(dsns))
	}
	var all Services
	defer func() {
		if err != nil {
			err = errors.Join(err, all.Close())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		db, err := sqldb.Open(ctx, dsns[name], sqldb.Options{MaxOpen: maxConnections})
		if err != nil {
			return nil, fmt.Errorf("database of %s: %w", name, err)
		}
		all = append(all, Service{name, db})
		current, err := deadletter.IsCurrent(ctx, db)
		if err != nil {
			return nil, fmt.Errorf("dead letters of %s: %w", name, err)
		}
		if !current {
			all = all[:len(all)-1]
			if err := db.Close(); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// Close ends the connections.
func (all Services) Close() error {
	var faults []error
	for _, s := range all {
		faults = append(faults, s.DB.Close())
	}
	return errors.Join(faults...)
}

// Letter is a dead letter with the service that keeps it.
type Letter struct {
	App string
	deadletter.Letter
}

// find returns the selected letters of each service, in the order of services.
func (all Services) find(ctx context.Context, f *Filter) (found []Letter, err error) {
	limit := f.Limit
	for _, s := range all {
		letters, err := deadletter.List(ctx, s.DB, f.letters(limit))
		if err != nil {
			return nil, fmt.Errorf("dead letters of %s: %w", s.Name, err)
		}
		for _, l := range letters {
			found = append(found, Letter{s.Name, l})
		}
		if f.Limit > 0 {
			if limit = f.Limit - len(found); limit == 0 {
				break
			}
		}
	}
	return found, nil
}

// of picks the letters of one service.
func of(s Service, letters []Letter) []deadletter.Letter {
	var own []deadletter.Letter
	for _, l := range letters {
		if l.App == s.Name {
			own = append(own, l.Letter)
		}
	}
	return own
}
