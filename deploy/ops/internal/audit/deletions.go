package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxPurge is how long the end of all likes and comments of a video may take. A
// purge that is younger is at work.
const maxPurge = 5 * time.Minute

// alive is what is left of a video with the users who liked it or commented on
// it. The rows stay; what they say ends.
const (
	allAlive = `SELECT video_id FROM likes WHERE liked UNION SELECT video_id FROM comments WHERE NOT deleted`
	oneAlive = `SELECT
	(SELECT COUNT(*) FROM likes WHERE video_id = ? AND liked),
	(SELECT COUNT(*) FROM comments WHERE video_id = ? AND NOT deleted),
	(SELECT COUNT(*) FROM video_counts WHERE video_id = ? AND gone),
	COALESCE((SELECT created_at_ms FROM purges WHERE video_id = ?), 0)`
	goneCounts = `SELECT video_id FROM video_counts WHERE gone`
	purges     = `SELECT video_id FROM purges`
)

// deletions holds the likes and comments against the videos that are deleted:
// they end, though not at once, and no new one can come.
func (a *auditor) deletions(ctx context.Context) error {
	d := a.databases[interaction]
	if !a.databases[video].has("deleted_videos") || !d.has("likes", "comments", "video_counts", "purges") {
		return nil
	}
	sets := map[string]map[int64]bool{allAlive: {}, goneCounts: {}, purges: {}}
	for query, set := range sets {
		found, err := ids(ctx, d.db, query)
		if err != nil {
			return fmt.Errorf("deletions: %w", err)
		}
		for _, id := range found {
			set[id] = true
		}
	}
	var comparisons []comparison
	for _, id := range a.deleted {
		if sets[allAlive][id] || sets[purges][id] || !sets[goneCounts][id] {
			comparisons = append(comparisons, comparison{
				invariant: "I8", what: fmt.Sprintf("likes and comments of the deleted video %d", id),
				take: func(ctx context.Context) (sample, error) { return a.remains(ctx, id) },
			})
		}
	}
	if err := a.goneTooEarly(ctx, sets[goneCounts]); err != nil {
		return err
	}
	// As long as for any other event, which may come to a service that has just
	// come back.
	return a.lastingFor(ctx, max(a.options.Settle, a.options.Staleness), comparisons)
}

// remains looks at what is left of one deleted video.
func (a *auditor) remains(ctx context.Context, id int64) (sample, error) {
	type left struct{ likes, comments, gone, purge int64 }
	found, err := collect(ctx, a.databases[interaction].db, oneAlive,
		func(l *left) []any { return []any{&l.likes, &l.comments, &l.gone, &l.purge} }, id, id, id, id)
	if err != nil {
		return sample{}, fmt.Errorf("deleted video %d: %w", id, err)
	}
	l := found[0]
	var words []string
	for _, one := range []struct {
		n    int64
		what string
	}{{l.likes, "likes"}, {l.comments, "comments"}} {
		if one.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", one.n, one.what))
		}
	}
	if l.gone == 0 {
		words = append(words, "room for more")
	}
	if age := time.Since(time.UnixMilli(l.purge)).Round(time.Second); l.purge != 0 {
		words = append(words, "a purge")
		if age < maxPurge {
			return sample{moving: true, expected: "none", found: strings.Join(words, ", ")}, nil
		}
	}
	return sample{same: len(words) == 0, expected: "none", found: strings.Join(words, ", ")}, nil
}

// goneTooEarly reports videos that take no likes any more although nobody has
// deleted them. The mark follows the deletion, so one that is marked by now is
// deleted by now.
func (a *auditor) goneTooEarly(ctx context.Context, marked map[int64]bool) error {
	for _, id := range a.deleted {
		delete(marked, id)
	}
	if len(marked) == 0 {
		return nil
	}
	deleted, err := ids(ctx, a.databases[video].db, `SELECT video_id FROM deleted_videos`)
	if err != nil {
		return fmt.Errorf("deletions: %w", err)
	}
	for id := range marked {
		if !slices.Contains(deleted, id) {
			a.report.violate(Violation{
				Invariant: "I8", What: fmt.Sprintf("video %d, gone in interaction.video_counts", id), Expected: "a deleted video", Found: "none",
			})
		}
	}
	return nil
}
