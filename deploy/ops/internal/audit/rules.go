package audit

import (
	"context"
	"fmt"
)

// rule is a promise about the rows of one database. Its query gives one row per
// violation, with three columns: what, expected, found.
type rule struct {
	invariant string
	tables    []string // without them the rule has nothing to say
	query     string
}

// maxBroken is how many violations of one rule are counted.
const maxBroken = 1000

// rules of each service, beside those of its outbox.
func rules() map[string][]rule {
	return map[string][]rule{
		user:        userRules(),
		video:       videoRules(),
		interaction: interactionRules(),
		relation:    relationRules(),
		chat:        chatRules(),
	}
}

// rows holds the databases against their rules, each in one snapshot, and then
// what one says of another.
func (a *auditor) rows(ctx context.Context) error {
	refs := newReferences()
	all := rules()
	for _, service := range services() {
		d := a.databases[service]
		if d == nil || len(d.tables) == 0 {
			continue
		}
		err := d.snapshot(ctx, func(q querier) error {
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
			case service == user && d.has("users"):
				return a.names(ctx, q)
			case service == video && d.has("videos"):
				return a.patience(ctx, q)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("rows of %s: %w", service, err)
		}
	}
	a.users, a.videos, a.deleted = refs.users(), refs.videos(), refs.deleted()
	refs.check(&a.report)
	return nil
}

func (a *auditor) apply(ctx context.Context, q querier, d *database, r rule) error {
	if !d.has(r.tables...) {
		return nil
	}
	broken, err := collect(ctx, q, r.query+` LIMIT ?`, func(v *Violation) []any {
		v.Invariant = r.invariant
		return []any{&v.What, &v.Expected, &v.Found}
	}, maxBroken)
	if err != nil {
		return err
	}
	if len(broken) == maxBroken {
		a.report.note("%s: there are more violations than %d like this: %s", d.service, maxBroken, broken[0].What)
	}
	a.report.Violations = append(a.report.Violations, broken...)
	return nil
}

// audited are the tables whose rows are compared with something.
func audited() map[string][]string {
	return map[string][]string{
		user:        {"users", "credentials", "sessions"},
		video:       {"videos", "authors", "uploads", "jobs", "outputs", "removals", "deleted_videos"},
		interaction: {"likes", "comments", "video_counts", "user_counts", "purges"},
		relation:    {"follows", "counts"},
		chat:        {"conversations", "messages"},
	}
}

func (a *auditor) counted(ctx context.Context, q querier, d *database) error {
	a.report.Compared.Databases++
	for _, table := range audited()[d.service] {
		if !d.has(table) {
			a.report.note("%s: there is no table %s, so what it should hold is not compared", d.service, table)
			continue
		}
		n, err := ids(ctx, q, "SELECT COUNT(*) FROM "+table)
		if err != nil {
			return err
		}
		a.report.Compared.Rows += int(n[0])
	}
	return nil
}

// equals makes the query of a rule that a counter equals its set, also where
// one of the two has no row. set and counter select an id and a number n.
func equals(what, set, counter string) string {
	return `SELECT CONCAT('` + what + ` ', id), SUM(in_set), SUM(in_counter) FROM (
	SELECT id, n AS in_set, 0 AS in_counter FROM (` + set + `) s
	UNION ALL
	SELECT id, 0, n FROM (` + counter + `) c
) pairs GROUP BY id HAVING SUM(in_set) <> SUM(in_counter) ORDER BY id`
}

// toggles makes the query of a rule about rows that count their changes: the
// first one sets the state, the second one takes it back, and so on, so that
// the number tells the state. A change that was applied twice breaks it. what is
// an SQL expression.
func toggles(table, what, state string) string {
	return `SELECT CONCAT(` + what + `, ', changed ', version, ' times'),
	IF(version % 2 = 1, '` + state + `', 'not ` + state + `'), IF(` + state + `, '` + state + `', 'not ` + state + `')
FROM ` + table + ` WHERE version < 1 OR ` + state + ` <> (version % 2 = 1)`
}
