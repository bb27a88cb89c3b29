package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
)

// referrer selects ids of users, or of videos with their authors, that the rows of
// a service name.
type referrer struct {
	service, table string
	query          string
}

func userReferrers() []referrer {
	return []referrer{
		{interaction, "likes", `SELECT DISTINCT user_id FROM likes`},
		{interaction, "comments", `SELECT DISTINCT user_id FROM comments`},
		{interaction, "user_counts", `SELECT user_id FROM user_counts`},
		{relation, "follows", `SELECT user_id FROM follows UNION SELECT target_id FROM follows`},
		{relation, "counts", `SELECT user_id FROM counts`},
		{chat, "conversations", `SELECT low_id FROM conversations UNION SELECT high_id FROM conversations`},
		{video, "videos", `SELECT DISTINCT author_id FROM videos`},
		{video, "uploads", `SELECT DISTINCT author_id FROM uploads`},
		{video, "authors", `SELECT author_id FROM authors`},
		{video, "deleted_videos", `SELECT DISTINCT author_id FROM deleted_videos`},
		{user, "activities", `SELECT user_id FROM activities UNION SELECT actor_id FROM activities`},
	}
}

func videoReferrers() []referrer {
	return []referrer{
		{interaction, "likes", `SELECT DISTINCT video_id, author_id FROM likes`},
		{interaction, "comments", `SELECT DISTINCT video_id, author_id FROM comments`},
		{interaction, "video_counts", `SELECT video_id, 0 FROM video_counts`},
		{interaction, "purges", `SELECT video_id, 0 FROM purges`},
	}
}

// videoRef is a video as a row names it.
type videoRef struct {
	id     int64
	author int64 // 0: the row has no author
}

// references compare the users and videos that rows name with those that exist.
type references struct {
	userRefs      map[int64]string    // the first table that names a user
	videoRefs     map[videoRef]string // the first table that names a video
	users         map[int64]struct{}  // that exist; nil: not known
	videos        map[int64]int64     // author by id, deleted videos included; nil: not known
	readyVideos   []int64
	deletedVideos []int64
	prunedTo      int64 // deleted videos with ids up to this may have no row
}

func newReferences() *references {
	return &references{userRefs: map[int64]string{}, videoRefs: map[videoRef]string{}}
}

// read adds the references and the users or videos of one database.
func (r *references) read(ctx context.Context, q servicedb.Querier, d *servicedb.DB) error {
	for _, from := range userReferrers() {
		if from.service != d.Service || !d.Has(from.table) {
			continue
		}
		found, err := servicedb.IDs(ctx, q, from.query)
		if err != nil {
			return err
		}
		for _, id := range found {
			remember(r.userRefs, id, from)
		}
	}
	for _, from := range videoReferrers() {
		if from.service != d.Service || !d.Has(from.table) {
			continue
		}
		found, err := servicedb.Collect(ctx, q, from.query, func(n *videoRef) []any { return []any{&n.id, &n.author} })
		if err != nil {
			return err
		}
		for _, n := range found {
			remember(r.videoRefs, n, from)
		}
	}
	return r.readExisting(ctx, q, d)
}

func remember[K comparable](tables map[K]string, key K, from referrer) {
	if _, known := tables[key]; !known {
		tables[key] = from.service + "." + from.table
	}
}

// readThere reads the users or videos of one database.
func (r *references) readExisting(ctx context.Context, q servicedb.Querier, d *servicedb.DB) error {
	switch {
	case d.Service == user && d.Has("users"):
		found, err := servicedb.IDs(ctx, q, `SELECT id FROM users`)
		if err != nil {
			return err
		}
		r.users = make(map[int64]struct{}, len(found))
		for _, id := range found {
			r.users[id] = struct{}{}
		}
	case d.Service == video && d.Has("videos"):
		return r.readVideos(ctx, q, d)
	}
	return nil
}

// readVideos reads existing and deleted videos. A row may name a deleted video.
func (r *references) readVideos(ctx context.Context, q servicedb.Querier, d *servicedb.DB) error {
	fields := func(n *videoRef) []any { return []any{&n.id, &n.author} }
	found, err := servicedb.Collect(ctx, q, `SELECT id, author_id FROM videos`, fields)
	if err != nil {
		return err
	}
	if r.readyVideos, err = servicedb.IDs(ctx, q, `SELECT id FROM videos WHERE state = ? ORDER BY id`, readyState); err != nil {
		return err
	}
	if d.Has("deleted_videos") {
		gone, err := servicedb.Collect(ctx, q, `SELECT video_id, author_id FROM deleted_videos ORDER BY video_id`, fields)
		if err != nil {
			return err
		}
		for _, n := range gone {
			r.deletedVideos = append(r.deletedVideos, n.id)
		}
		found = append(found, gone...)
	}
	if d.Has("tombstones_pruned") {
		last, err := servicedb.IDs(ctx, q, `SELECT COALESCE(MAX(last_id), 0) FROM tombstones_pruned`)
		if err != nil {
			return err
		}
		r.prunedTo = last[0]
	}
	r.videos = make(map[int64]int64, len(found))
	for _, n := range found {
		r.videos[n.id] = n.author
	}
	return nil
}

// check reports users and videos that a row names and that do not exist. A row of
// a deleted video stays for weeks, so it is enough that the references were read
// first.
func (r *references) check(report *Report) {
	if r.users != nil {
		for _, id := range slices.Sorted(maps.Keys(r.userRefs)) {
			if _, exists := r.users[id]; !exists {
				report.violate(Violation{
					Invariant: "I10", What: fmt.Sprintf("user %d, named in %s", id, r.userRefs[id]),
					Expected: "an account", Found: "none",
				})
			}
		}
	}
	if r.videos == nil {
		return
	}
	for _, n := range slices.SortedFunc(maps.Keys(r.videoRefs), byID) {
		what := fmt.Sprintf("video %d, named in %s", n.id, r.videoRefs[n])
		author, exists := r.videos[n.id]
		switch {
		case !exists && n.id <= r.prunedTo: // deleted long ago
		case !exists:
			report.violate(Violation{Invariant: "I8", What: what, Expected: "a video", Found: "none"})
		case n.author != 0 && n.author != author:
			report.violate(Violation{
				Invariant: "I3", What: what,
				Expected: fmt.Sprintf("author %d", author), Found: fmt.Sprintf("author %d", n.author),
			})
		}
	}
}

func byID(a, b videoRef) int {
	if a.id != b.id {
		return cmp.Compare(a.id, b.id)
	}
	return cmp.Compare(a.author, b.author)
}
