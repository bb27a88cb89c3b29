package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// effect is what a like, comment or follow makes of the activity list of the
// user whom it concerns: the last state, whichever of its events came when.
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

// cause are the rows that have effects: all of them, or the one whose numbers
// are in its subject.
type cause struct {
	service, table string
	kind           string // first word of the subjects
	numbers        int    // in a subject
	all, one       string
}

// causes leave out what users do to themselves, which is not told.
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
func effects(ctx context.Context, q querier, query string, args ...any) (map[string]effect, error) {
	type row struct {
		subject string
		effect
	}
	rows, err := collect(ctx, q, query, func(r *row) []any {
		return []any{&r.subject, &r.version, &r.present, &r.user, &r.actor}
	}, args...)
	found := make(map[string]effect, len(rows))
	for _, r := range rows {
		found[r.subject] = r.effect
	}
	return found, err
}

// activities holds the activity lists against what others did: every event has
// had its effect, once.
func (a *auditor) activities(ctx context.Context) error {
	listed := a.databases[user]
	if !listed.has("activities") {
		return nil
	}
	var comparisons []comparison
	for _, c := range causes() {
		d := a.databases[c.service]
		if !d.has(c.table) {
			continue
		}
		found, err := effects(ctx, listed.db, allActivities+` WHERE subject LIKE ?`, c.kind+":%")
		if err != nil {
			return fmt.Errorf("activities: %w", err)
		}
		expected, err := effects(ctx, d.db, c.all)
		if err != nil {
			return fmt.Errorf("what makes activities: %w", err)
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
	// What is published still has to be delivered, perhaps to a service that has
	// just come back.
	return a.lastingFor(ctx, max(a.options.Settle, a.options.Staleness), comparisons)
}

// activity looks at one subject again.
func (a *auditor) activity(c cause, subject string) comparison {
	take := func(ctx context.Context) (sample, error) {
		numbers, ok := numbersOf(subject, c.numbers)
		if !ok {
			return sample{expected: "the subject of an event", found: "another"}, nil
		}
		args := make([]any, len(numbers))
		for i, n := range numbers {
			args[i] = n
		}
		found, err := effects(ctx, a.databases[user].db, oneActivity, subject)
		if err != nil {
			return sample{}, fmt.Errorf("activity %s: %w", subject, err)
		}
		expected, err := effects(ctx, a.databases[c.service].db, c.all+c.one, args...)
		if err != nil {
			return sample{}, fmt.Errorf("what makes activity %s: %w", subject, err)
		}
		return sample{
			same:     found[subject] == expected[subject],
			expected: told(expected, subject), found: told(found, subject),
		}, nil
	}
	return comparison{invariant: "I4", what: "activity " + strings.ReplaceAll(subject, ":", " "), take: take}
}

func told(effects map[string]effect, subject string) string {
	if e, there := effects[subject]; there {
		return e.String()
	}
	return "none"
}
