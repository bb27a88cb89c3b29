package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
)

// rule is an invariant of the rows of one database. Its query returns one row per
// violation, with the columns what, expected and found.
type rule struct {
	invariant string
	tables    []string // the rule is skipped without them
	query     string
}

// maxBroken is the number of violations of one rule after which counting ends.
const maxBroken = 1000

// rules returns the rules of each service, without those of its outbox.
func rules() map[string][]rule {
	return map[string][]rule{
		user:        userRules(),
		video:       videoRules(),
		interaction: interactionRules(),
		relation:    relationRules(),
		chat:        chatRules(),
	}
}

// rows checks the rules of each database in one snapshot, and then the references
// between databases.
func (a *auditor) rows(ctx context.Context) error {
	refs := newReferences()
	all := rules()
	for _, service := range services() {
		d := a.databases[service]
		if d == nil || d.Empty() {
			continue
		}
		err := d.Snapshot(ctx, func(q servicedb.Querier) error {
			if err := a.counted(ctx, q, d); err != nil {
				return err
			}
			for _, r := range append(all[service], outboxRules(service)...) {
				if err := a.apply(ctx, q, d, r); err != nil {
					return err
				}
			}
			if err := refs.read(ctx, q, d); err != nil {
				return err
			}
			switch {
			case service == user && d.Has("users"):
				return a.names(ctx, q)
			case service == video && d.Has("videos"):
				return a.waitingVideos(ctx, q)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("rows of %s: %w", service, err)
		}
	}
	a.users, a.videos, a.deleted = slices.Sorted(maps.Keys(refs.users)), refs.readyVideos, refs.deletedVideos
	a.prunedTo = refs.prunedTo
	refs.check(&a.report)
	return nil
}

func (a *auditor) apply(ctx context.Context, q servicedb.Querier, d *servicedb.DB, r rule) error {
	if !d.Has(r.tables...) {
		return nil
	}
	broken, err := servicedb.Collect(ctx, q, r.query+` LIMIT ?`, func(v *Violation) []any {
		v.Invariant = r.invariant
		return []any{&v.What, &v.Expected, &v.Found}
	}, maxBroken)
	if err != nil {
		return err
	}
	if len(broken) == maxBroken {
		a.report.note("%s: there are more violations than %d like this: %s", d.Service, maxBroken, broken[0].What)
	}
	a.report.Violations = append(a.report.Violations, broken...)
	return nil
}

// audited are the tables whose rows are compared.
func audited() map[string][]string {
	return map[string][]string{
		user:        {"users", "credentials", "sessions"},
		video:       {"videos", "authors", "uploads", "jobs", "outputs", "removals", "deleted_videos"},
		interaction: {"likes", "comments", "video_counts", "user_counts", "purges"},
		relation:    {"follows", "counts"},
		chat:        {"conversations", "messages"},
	}
}

func (a *auditor) counted(ctx context.Context, q servicedb.Querier, d *servicedb.DB) error {
	a.report.Compared.Databases++
	for _, table := range audited()[d.Service] {
		if !d.Has(table) {
			a.report.note("%s: there is no table %s, so its rules are skipped", d.Service, table)
			continue
		}
		n, err := servicedb.IDs(ctx, q, "SELECT COUNT(*) FROM "+table)
		if err != nil {
			return err
		}
		a.report.Compared.Rows += int(n[0])
	}
	return nil
}

// equals returns the query of a rule that a counter equals its set, even if one of
// the two has no row. set and counter select an id and a number n.
func equals(what, set, counter string) string {
	return `SELECT CONCAT('` + what + ` ', id), SUM(in_set), SUM(in_counter) FROM (
	SELECT id, n AS in_set, 0 AS in_counter FROM (` + set + `) s
	UNION ALL
	SELECT id, 0, n FROM (` + counter + `) c
) pairs GROUP BY id HAVING SUM(in_set) <> SUM(in_counter) ORDER BY id`
}

// toggles returns the query of a rule about rows that count their changes. The
// first change sets the state, the second one takes it back, and so on, so the
// number determines the state. A change that was applied twice breaks the rule.
// what is an SQL expression.
func toggles(table, what, state string) string {
	return `SELECT CONCAT(` + what + `, ', changed ', version, ' times'),
	IF(version % 2 = 1, '` + state + `', 'not ` + state + `'), IF(` + state + `, '` + state + `', 'not ` + state + `')
FROM ` + table + ` WHERE version < 1 OR ` + state + ` <> (version % 2 = 1)`
}
