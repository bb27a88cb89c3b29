package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/confirm"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
)

// maxPurge is how long it may take to end all likes and comments of a video. A
// younger purge is still at work.
const maxPurge = 5 * time.Minute

// The queries for likes and comments of deleted videos. Their rows stay, but are
// marked as ended.
const (
	allActive = `SELECT video_id FROM likes WHERE liked UNION SELECT video_id FROM comments WHERE NOT deleted`
	oneActive = `SELECT
	(SELECT COUNT(*) FROM likes WHERE video_id = ? AND liked),
	(SELECT COUNT(*) FROM comments WHERE video_id = ? AND NOT deleted),
	(SELECT COUNT(*) FROM video_counts WHERE video_id = ? AND gone),
	COALESCE((SELECT created_at_ms FROM purges WHERE video_id = ?), 0)`
	goneCounts = `SELECT video_id FROM video_counts WHERE gone`
	purges     = `SELECT video_id FROM purges`
)

// deletions compares likes and comments with the deleted videos: they end, though
// not at once, and no new one is accepted.
func (a *auditor) deletions(ctx context.Context) error {
	d := a.databases[interaction]
	if !a.databases[video].Has("deleted_videos") || !d.Has("likes", "comments", "video_counts", "purges") {
		return nil
	}
	sets := map[string]map[int64]bool{allActive: {}, goneCounts: {}, purges: {}}
	for query, set := range sets {
		found, err := servicedb.IDs(ctx, d, query)
		if err != nil {
			return fmt.Errorf("deletions: %w", err)
		}
		for _, id := range found {
			set[id] = true
		}
	}
	var comparisons []comparison
	for _, id := range a.deleted {
		if sets[allActive][id] || sets[purges][id] || !sets[goneCounts][id] {
			comparisons = append(comparisons, comparison{
				invariant: "I8", what: fmt.Sprintf("likes and comments of the deleted video %d", id),
				take: func(ctx context.Context) (confirm.Sample, error) { return a.remains(ctx, id) },
			})
		}
	}
	if err := a.goneTooEarly(ctx, sets[goneCounts]); err != nil {
		return err
	}
	// An event may be delivered late to a service that has just been restarted.
	return a.confirm(ctx, max(a.options.Settle, a.options.Staleness), comparisons)
}

// remains counts the likes and comments that one deleted video still has.
func (a *auditor) remains(ctx context.Context, id int64) (confirm.Sample, error) {
	type left struct{ likes, comments, gone, purge int64 }
	found, err := servicedb.Collect(ctx, a.databases[interaction], oneActive,
		func(l *left) []any { return []any{&l.likes, &l.comments, &l.gone, &l.purge} }, id, id, id, id)
	if err != nil {
		return confirm.Sample{}, fmt.Errorf("deleted video %d: %w", id, err)
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
		words = append(words, "it accepts new ones")
	}
	if age := time.Since(time.UnixMilli(l.purge)).Round(time.Second); l.purge != 0 {
		words = append(words, "a purge")
		if age < maxPurge {
			return confirm.Sample{Moving: true, Expected: "none", Found: strings.Join(words, ", ")}, nil
		}
	}
	return confirm.Sample{Same: len(words) == 0, Expected: "none", Found: strings.Join(words, ", ")}, nil
}

// goneTooEarly reports videos that accept no likes any more although they are not
// deleted. The mark is set after the deletion, so the deletion of a video that is
// marked now can be read now.
func (a *auditor) goneTooEarly(ctx context.Context, marked map[int64]bool) error {
	for _, id := range a.deleted {
		delete(marked, id)
	}
	if len(marked) == 0 {
		return nil
	}
	deleted, err := servicedb.IDs(ctx, a.databases[video], `SELECT video_id FROM deleted_videos`)
	if err != nil {
		return fmt.Errorf("deletions: %w", err)
	}
	for id := range marked {
		prunedSince := id <= a.prunedTo && !slices.Contains(a.videos, id)
		if !slices.Contains(deleted, id) && !prunedSince {
			a.report.violate(Violation{
				Invariant: "I8", What: fmt.Sprintf("video %d, gone in interaction.video_counts", id), Expected: "a deleted video", Found: "none",
			})
		}
	}
	return nil
}
