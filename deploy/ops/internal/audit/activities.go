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
			`SELECT CONCAT('like:', user_id, ':', video_id), version, liked, author_id, user_id FROM likes WHERE user_id <> author_id`,
			` AND user_id = ? AND video_id = ?`},
		{interaction, "comments", "comment", 1,
			`SELECT CONCAT('comment:', id), 1 + deleted, NOT deleted, author_id, user_id FROM comments WHERE user_id <> author_id`,
			` AND id = ?`},
		{relation, "follows", "follow", 2,
			`SELECT CONCAT('follow:', user_id, ':', target_id), version, following, target_id, user_id FROM follows WHERE user_id <> target_id`,
			` AND user_id = ? AND target_id = ?`},
	}
}

const (
	allActivities = `SELECT subject, version, present, user_id, actor_id FROM activities`
	oneActivity   = allActivities + ` WHERE subject = ?`
)

// effects reads effects by subject.
func effects(ctx context.Context, q servicedb.Querier, query string, args ...any) (map[string]effect, error) {
	type row struct {
		subject string
		effect
	}
	rows, err := servicedb.Collect(ctx, q, query, func(r *row) []any {
		return []any{&r.subject, &r.version, &r.present, &r.user, &r.actor}
	}, args...)
	found := make(map[string]effect, len(rows))
	for _, r := range rows {
		found[r.subject] = r.effect
	}
	return found, err
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
		found, err := effects(ctx, listed, allActivities+` WHERE subject LIKE ?`, c.kind+":%")
		if err != nil {
			return fmt.Errorf("activities: %w", err)
		}
		expected, err := effects(ctx, d, c.all)
		if err != nil {
			return fmt.Errorf("rows behind activities: %w", err)
		}
		for subject := range found {
			if _, known := expected[subject]; !known {
				expected[subject] = effect{}
			}
		}
		for _, subject := range slices.Sorted(maps.Keys(expected)) {
			if expected[subject] != found[subject] {
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
		found, err := effects(ctx, a.databases[user], oneActivity, subject)
		if err != nil {
			return confirm.Sample{}, fmt.Errorf("activity %s: %w", subject, err)
		}
		expected, err := effects(ctx, a.databases[c.service], c.all+c.one, args...)
		if err != nil {
			return confirm.Sample{}, fmt.Errorf("rows behind activity %s: %w", subject, err)
		}
		return confirm.Sample{
			Same:     found[subject] == expected[subject],
			Expected: describe(expected, subject), Found: describe(found, subject),
		}, nil
	}
	return comparison{invariant: "I4", what: "activity " + strings.ReplaceAll(subject, ":", " "), take: take}
}

func describe(effects map[string]effect, subject string) string {
	if e, ok := effects[subject]; ok {
		return e.String()
	}
	return "none"
}
