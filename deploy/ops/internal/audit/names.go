package audit

import (
	"context"
	"fmt"
	"strings"
	"unicode"
)

type account struct {
	id   int64
	name string
}

// names looks for users whose names differ in case or in blanks only. The
// system tells fewer names apart than that; but what is one name here is one
// name for it too, and comparing the names themselves finds also what a wrong
// key let through.
func (a *auditor) names(ctx context.Context, q querier) error {
	accounts, err := collect(ctx, q, `SELECT id, name FROM users ORDER BY id`,
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

// oneCase is the smallest of the letters that differ from r in case only.
func oneCase(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}
