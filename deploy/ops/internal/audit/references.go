package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// source selects ids of users, or of videos with their authors, that the rows
// of a service name.
type source struct {
	service, table string
	query          string
}

func userSources() []source {
	return []source{
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

func videoSources() []source {
	return []source{
		{interaction, "likes", `SELECT DISTINCT video_id, author_id FROM likes`},
		{interaction, "comments", `SELECT DISTINCT video_id, author_id FROM comments`},
		{interaction, "video_counts", `SELECT video_id, 0 FROM video_counts`},
		{interaction, "purges", `SELECT video_id, 0 FROM purges`},
	}
}

// named is a video as a row names it.
type named struct {
	id     int64
	author int64 // 0: the row does not say
}

// references are what the rows of all services name, and what there is.
type references struct {
	namedUsers  map[int64]string // where first
	namedVideos map[named]string
	thereUsers  map[int64]struct{} // nil: not known
	thereVideos map[int64]int64    // author by id, of deleted ones too; nil: not known
	readyVideos []int64
	goneVideos  []int64 // deleted
}

func newReferences() *references {
	return &references{namedUsers: map[int64]string{}, namedVideos: map[named]string{}}
}

// read adds what one database says.
func (r *references) read(ctx context.Context, q querier, d *database) error {
	for _, from := range userSources() {
		if from.service != d.service || !d.has(from.table) {
			continue
		}
		found, err := ids(ctx, q, from.query)
		if err != nil {
			return err
		}
		for _, id := range found {
			remember(r.namedUsers, id, from)
		}
	}
	for _, from := range videoSources() {
		if from.service != d.service || !d.has(from.table) {
			continue
		}
		found, err := collect(ctx, q, from.query, func(n *named) []any { return []any{&n.id, &n.author} })
		if err != nil {
			return err
		}
		for _, n := range found {
			remember(r.namedVideos, n, from)
		}
	}
	return r.readThere(ctx, q, d)
}

func remember[K comparable](places map[K]string, key K, from source) {
	if _, again := places[key]; !again {
		places[key] = from.service + "." + from.table
	}
}

// readThere reads what exists.
func (r *references) readThere(ctx context.Context, q querier, d *database) error {
	switch {
	case d.service == user && d.has("users"):
		found, err := ids(ctx, q, `SELECT id FROM users`)
		if err != nil {
			return err
		}
		r.thereUsers = make(map[int64]struct{}, len(found))
		for _, id := range found {
			r.thereUsers[id] = struct{}{}
		}
	case d.service == video && d.has("videos"):
		return r.readVideos(ctx, q, d)
	}
	return nil
}

// readVideos reads those that exist and those that did. What names a deleted one
// named a video.
func (r *references) readVideos(ctx context.Context, q querier, d *database) error {
	fields := func(n *named) []any { return []any{&n.id, &n.author} }
	found, err := collect(ctx, q, `SELECT id, author_id FROM videos`, fields)
	if err != nil {
		return err
	}
	if r.readyVideos, err = ids(ctx, q, `SELECT id FROM videos WHERE state = ? ORDER BY id`, readyState); err != nil {
		return err
	}
	if d.has("deleted_videos") {
		gone, err := collect(ctx, q, `SELECT video_id, author_id FROM deleted_videos ORDER BY video_id`, fields)
		if err != nil {
			return err
		}
		for _, n := range gone {
			r.goneVideos = append(r.goneVideos, n.id)
		}
		found = append(found, gone...)
	}
	r.thereVideos = make(map[int64]int64, len(found))
	for _, n := range found {
		r.thereVideos[n.id] = n.author
	}
	return nil
}

func (r *references) users() []int64   { return slices.Sorted(maps.Keys(r.thereUsers)) }
func (r *references) videos() []int64  { return r.readyVideos }
func (r *references) deleted() []int64 { return r.goneVideos }

// check reports what is named and does not exist. Of what was deleted a row
// stays, so that it is enough to have read the names first.
func (r *references) check(report *Report) {
	if r.thereUsers != nil {
		for _, id := range slices.Sorted(maps.Keys(r.namedUsers)) {
			if _, there := r.thereUsers[id]; !there {
				report.violate(Violation{
					Invariant: "I10", What: fmt.Sprintf("user %d, named in %s", id, r.namedUsers[id]),
					Expected: "an account", Found: "none",
				})
			}
		}
	}
	if r.thereVideos == nil {
		return
	}
	for _, n := range slices.SortedFunc(maps.Keys(r.namedVideos), byID) {
		what := fmt.Sprintf("video %d, named in %s", n.id, r.namedVideos[n])
		author, there := r.thereVideos[n.id]
		switch {
		case !there:
			report.violate(Violation{Invariant: "I8", What: what, Expected: "a video", Found: "none"})
		case n.author != 0 && n.author != author:
			report.violate(Violation{
				Invariant: "I3", What: what,
				Expected: fmt.Sprintf("author %d", author), Found: fmt.Sprintf("author %d", n.author),
			})
		}
	}
}

func byID(a, b named) int {
	if a.id != b.id {
		return cmp.Compare(a.id, b.id)
	}
	return cmp.Compare(a.author, b.author)
}
