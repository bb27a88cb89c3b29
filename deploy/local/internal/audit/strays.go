package audit

import (
	"context"
	"slices"
)

// strayBatch is how many strays are looked at together. All of many thousands
// would not have been seen often enough when the patience ends.
const strayBatch = 1000

// strays reports objects that no row knows. One may go while it is looked at,
// with the row of its removal.
func (a *auditor) strays(ctx context.Context, d *database, keys, unfinished []string) error {
	known, err := readPlaces(ctx, d)
	if err != nil {
		return err
	}
	rows := &recentPlaces{database: d, age: pauseWithin(a.options.Staleness)}
	var comparisons []comparison
	for _, key := range keys {
		if known.has(key) {
			continue
		}
		comparisons = append(comparisons, comparison{invariant: "I8", what: "object " + key, take: func(ctx context.Context) (sample, error) {
			there, err := a.options.Objects.Exists(ctx, key)
			if err != nil || !there {
				return sample{same: true}, err
			}
			now, err := rows.read(ctx)
			return sample{same: err == nil && now.has(key), expected: "a video or an upload that has it", found: "none"}, err
		}})
	}
	for _, key := range unfinished {
		if known.takesPieces(key) {
			continue
		}
		comparisons = append(comparisons, comparison{invariant: "I8", what: "unfinished object " + key, take: a.unfinished(rows, key)})
	}
	for batch := range slices.Chunk(comparisons, strayBatch) {
		if err := a.lasting(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// unfinished looks again at an object that is being uploaded in pieces.
func (a *auditor) unfinished(rows *recentPlaces, key string) func(ctx context.Context) (sample, error) {
	return func(ctx context.Context) (sample, error) {
		left, err := a.options.Objects.Unfinished(ctx)
		if err != nil {
			return sample{}, err
		}
		now, err := rows.read(ctx)
		if err != nil {
			return sample{}, err
		}
		same := now.takesPieces(key)
		for _, one := range left {
			if one == key {
				return sample{same: same, expected: "an upload that goes on", found: "none"}, nil
			}
		}
		return sample{same: true}, nil
	}
}
