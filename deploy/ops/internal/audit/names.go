package audit

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
)

type account struct {
	id   int64
	name string
}

// names looks for users whose names differ only in case or in blanks. The system
// treats even more names as equal, but names that are equal here are equal there
// too. Comparing the names themselves also finds users that a wrong name key let
// through.
func (a *auditor) names(ctx context.Context, q servicedb.Querier) error {
	accounts, err := servicedb.Collect(ctx, q, `SELECT id, name FROM users ORDER BY id`,
		func(one *account) []any { return []any{&one.id, &one.name} })
	if err != nil {
		return err
	}
	first := make(map[string]int64, len(accounts))
	for _, one := range accounts {
		key := strings.Map(oneCase, strings.Join(strings.Fields(one.name), " "))
		other, taken := first[key]
		if !taken {
			first[key] = one.id
			continue
		}
		a.report.violate(Violation{
			Invariant: "I10", What: fmt.Sprintf("name %q", one.name),
			Expected: fmt.Sprintf("user %d alone", other), Found: fmt.Sprintf("user %d too", one.id),
		})
	}
	return nil
}

// oneCase returns the smallest of the letters that differ from r only in case.
func oneCase(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}
