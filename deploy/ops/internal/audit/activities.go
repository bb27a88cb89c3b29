package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/confirm"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
)

// effect is the entry that a like, comment or follow has in the activity list of
// the user it concerns: its last state, in whatever order its events arrived.
type effect struct {
	version     int64
	present     bool
	user, actor int64
}

// The user service deletes the activities of old rows: those that were taken back,
// and those beyond the newest ones of a long list.
const (
	retention = "INTERVAL 90 DAY"
	maxKept   = 10_000
)

func (e effect) String() string {
	state := "taken back"
	if e.present {
		state = "present"
	}
	return fmt.Sprintf("version %d, %s, of user %d for user %d", e.version, state, e.actor, e.user)
}

// cause describes rows that have effects, with queries for all of them and for
// the one that a subject names.
type cause struct {
	service, table string
	kind           string // first word of the subjects
	numbers        int    // how many a subject has
	all, one       string
}

// causes leave out likes, comments and follows of oneself: no event is published
// for them.
func causes() []cause {
	return []cause{
		{interaction, "likes", "like", 2,
			`SELECT CONCAT('like:', user_id, ':', video_id), version, liked, author_id, user_id, ` + olderThan("changed_at_ms") + ` FROM likes WHERE user_id <> author_id`,
			` AND user_id = ? AND video_id = ?`},
		{interaction, "comments", "comment", 1,
			`SELECT CONCAT('comment:', id), 1 + deleted, NOT deleted, author_id, user_id, ` + olderThan("created_at_ms") + ` FROM comments WHERE user_id <> author_id`,
			` AND id = ?`},
		{relation, "follows", "follow", 2,
			`SELECT CONCAT('follow:', user_id, ':', target_id), version, following, target_id, user_id, ` + olderThan("changed_at_ms") + ` FROM follows WHERE user_id <> target_id`,
			` AND user_id = ? AND target_id = ?`},
	}
}

const (
	allActivities = `SELECT subject, version, present, user_id, actor_id, FALSE FROM activities`
	oneActivity   = allActivities + ` WHERE subject = ?`
	entriesOf     = `SELECT COUNT(*) FROM activities WHERE user_id = ? AND present = TRUE`
)

func olderThan(column string) string {
	return column + ` < UNIX_TIMESTAMP(NOW() - ` + retention + `) * 1000`
}

// effects reads effects by subject, and the subjects of old rows.
func effects(ctx context.Context, q servicedb.Querier, query string, args ...any) (found map[string]effect, old map[string]bool, err error) {
	type row struct {
		subject string
		effect
		old bool
	}
	rows, err := servicedb.Collect(ctx, q, query, func(r *row) []any {
		return []any{&r.subject, &r.version, &r.present, &r.user, &r.actor, &r.old}
	}, args...)
	found, old = make(map[string]effect, len(rows)), map[string]bool{}
	for _, r := range rows {
		found[r.subject] = r.effect
		if r.old {
			old[r.subject] = true
		}
	}
	return found, old, err
}

// activities compares the activity lists with the likes, comments and follows of
// others: every event had its effect, once.
func (a *auditor) activities(ctx context.Context) error {
	listed := a.databases[user]
	if !listed.Has("activities") {
		return nil
	}
	var comparisons []comparison
	for _, c := range causes() {
		d := a.databases[c.service]
		if !d.Has(c.table) {
			continue
		}
		found, _, err := effects(ctx, listed, allActivities+` WHERE subject LIKE ?`, c.kind+":%")
		if err != nil {
			return fmt.Errorf("activities: %w", err)
		}
		expected, old, err := effects(ctx, d, c.all)
		if err != nil {
			return fmt.Errorf("rows behind activities: %w", err)
		}
		for subject := range found {
			if _, known := expected[subject]; !known {
				expected[subject] = effect{}
			}
		}
		for _, subject := range slices.Sorted(maps.Keys(expected)) {
			_, exists := found[subject]
			if deleted := !exists && old[subject] && !expected[subject].present; !deleted && expected[subject] != found[subject] {
				comparisons = append(comparisons, a.activity(c, subject))
			}
		}
	}
	// A published event still has to be delivered, perhaps to a service that has
	// just been restarted.
	return a.confirm(ctx, max(a.options.Settle, a.options.Staleness), comparisons)
}

// activity compares one subject.
func (a *auditor) activity(c cause, subject string) comparison {
	take := func(ctx context.Context) (confirm.Sample, error) {
		numbers, ok := numbersOf(subject, c.numbers)
		if !ok {
			return confirm.Sample{Expected: "the subject of an event", Found: "another"}, nil
		}
		args := make([]any, len(numbers))
		for i, n := range numbers {
			args[i] = n
		}
		found, _, err := effects(ctx, a.databases[user], oneActivity, subject)
		if err != nil {
			return confirm.Sample{}, fmt.Errorf("activity %s: %w", subject, err)
		}
		expected, old, err := effects(ctx, a.databases[c.service], c.all+c.one, args...)
		if err != nil {
			return confirm.Sample{}, fmt.Errorf("rows behind activity %s: %w", subject, err)
		}
		same := found[subject] == expected[subject]
		if _, exists := found[subject]; !exists && old[subject] {
			if same, err = a.mayBeDeleted(ctx, expected[subject]); err != nil {
				return confirm.Sample{}, fmt.Errorf("list of activity %s: %w", subject, err)
			}
		}
		return confirm.Sample{
			Same:     same,
			Expected: describe(expected, subject), Found: describe(found, subject),
		}, nil
	}
	return comparison{invariant: "I4", what: "activity " + strings.ReplaceAll(subject, ":", " "), take: take}
}

// mayBeDeleted reports whether the user service may have deleted the activity of
// an old row.
func (a *auditor) mayBeDeleted(ctx context.Context, e effect) (bool, error) {
	if !e.present {
		return true, nil
	}
	entries, err := servicedb.IDs(ctx, a.databases[user], entriesOf, e.user)
	return len(entries) == 1 && entries[0] >= maxKept, err
}

func describe(effects map[string]effect, subject string) string {
	if e, ok := effects[subject]; ok {
		return e.String()
	}
	return "none"
}
