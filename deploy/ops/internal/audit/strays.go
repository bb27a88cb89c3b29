package audit

import (
	"context"
	"slices"
)

// strayBatch is how many strays are looked at together. All of many thousands
// would not have been seen often enough when the patience ends.
const strayBatch = 1000

// strays reports what is in the store and no row knows, and removes it where
// that is wanted. It may go while it is looked at, with the row of its removal.
func (a *auditor) strays(ctx context.Context, d *database, kept, unfinished []Listed) error {
	known, err := readPlaces(ctx, d)
	if err != nil {
		return err
	}
	rows := &recentPlaces{database: d, age: pauseWithin(a.options.Staleness)}
	var comparisons []comparison
	add := func(what string, one Listed, take func(context.Context) (sample, error)) {
		if !known.knows(one) {
			comparisons = append(comparisons, comparison{invariant: "I8", what: what + one.Key, take: take, stray: &one})
		}
	}
	for _, one := range kept {
		add("object ", one, a.kept(rows, one))
	}
	for _, one := range unfinished {
		add("unfinished object ", one, a.unfinished(rows, one))
	}
	s := &sweep{auditor: a, database: d}
	defer s.note()
	for batch := range slices.Chunk(comparisons, strayBatch) {
		if err := a.lasting(ctx, batch); err != nil {
			return err
		}
		if err := s.remove(ctx); err != nil {
			return err
		}
	}
	return nil
}

// kept looks again at a part or a whole object.
func (a *auditor) kept(rows *recentPlaces, one Listed) func(ctx context.Context) (sample, error) {
	return func(ctx context.Context) (sample, error) {
		there, err := a.options.Objects.Exists(ctx, one.Key)
		if err != nil || !there {
			return sample{same: true}, err
		}
		now, err := rows.read(ctx)
		return sample{same: err == nil && now.knows(one), expected: "a video or an upload that has it", found: "none"}, err
	}
}

// unfinished looks again at an object that is being uploaded in pieces.
func (a *auditor) unfinished(rows *recentPlaces, one Listed) func(ctx context.Context) (sample, error) {
	return func(ctx context.Context) (sample, error) {
		left, err := a.options.Objects.Unfinished(ctx)
		if err != nil {
			return sample{}, err
		}
		now, err := rows.read(ctx)
		if err != nil {
			return sample{}, err
		}
		there := slices.ContainsFunc(left, func(l Listed) bool { return l.Key == one.Key && l.Upload == one.Upload })
		return sample{same: !there || now.knows(one), expected: "an upload that goes on", found: "none"}, nil
	}
}
