package audit

import (
	"context"
	"fmt"
	"net/url"
	"slices"
)

// list is one that the API answers whole, and the rows that it is to equal.
type list struct {
	invariant string
	what      string
	service   string
	tables    []string
	rows      string // the ids in order, for one owner's id
	path      string
	owner     string // the parameter that names the owner
	shown     func(Answer) []entry
	counted   bool // the counts of its videos are compared too
}

func userLists() []list {
	return []list{
		{
			"I3", "publish list of user", video, []string{"videos"},
			// What is not ready its author alone sees.
			`SELECT id FROM videos WHERE author_id = ? AND state = ` + number(int64(readyState)) + ` ORDER BY published_at_ms DESC`,
			"/douyin/publish/list/", "user_id", shownCounts, true,
		},
		{
			"I3", "favorite list of user", interaction, []string{"likes"},
			`SELECT video_id FROM likes WHERE user_id = ? AND liked ORDER BY changed_at_ms DESC, video_id DESC`,
			"/douyin/favorite/list/", "user_id", shownVideos, false,
		},
		{
			"I3", "follow list of user", relation, []string{"follows"},
			`SELECT target_id FROM follows WHERE user_id = ? AND following ORDER BY changed_at_ms DESC, target_id DESC`,
			"/douyin/relation/follow/list/", "user_id", shownUsers, false,
		},
		{
			"I3", "follower list of user", relation, []string{"follows"},
			`SELECT user_id FROM follows WHERE target_id = ? AND following ORDER BY changed_at_ms DESC, user_id DESC`,
			"/douyin/relation/follower/list/", "user_id", shownUsers, false,
		},
	}
}

func videoLists() []list {
	return []list{{
		"I3", "comment list of video", interaction, []string{"comments"},
		`SELECT id FROM comments WHERE video_id = ? AND NOT deleted ORDER BY id DESC`,
		"/douyin/comment/list/", "video_id", shownComments, false,
	}}
}

// entry is one of a list. The counts are those of a video where they are
// compared, and 0 elsewhere.
type entry struct{ id, likes, comments int64 }

func shownVideos(a Answer) []entry {
	return mapped(a.Videos, func(v VideoSeen) entry { return entry{id: v.ID} })
}

func shownCounts(a Answer) []entry {
	return mapped(a.Videos, func(v VideoSeen) entry { return entry{v.ID, v.Likes, v.Comments} })
}

func shownUsers(a Answer) []entry {
	return mapped(a.Users, func(u UserSeen) entry { return entry{id: u.ID} })
}

func shownComments(a Answer) []entry {
	return mapped(a.Comments, func(c Seen) entry { return entry{id: c.ID} })
}

func mapped[T any](all []T, to func(T) entry) []entry {
	out := make([]entry, len(all))
	for i, one := range all {
		out[i] = to(one)
	}
	return out
}

// lists are the comparisons of one owner's lists, where there are rows to
// compare with.
func (a *auditor) lists(all []list, owner int64) []comparison {
	var comparisons []comparison
	for _, l := range all {
		if !a.databases[l.service].has(l.tables...) {
			continue
		}
		if l.counted && !a.databases[interaction].has("video_counts") {
			l.counted, l.shown = false, shownVideos
		}
		comparisons = append(comparisons, comparison{
			invariant: l.invariant, what: fmt.Sprintf("%s %d", l.what, owner),
			take: func(ctx context.Context) (sample, error) { return a.listPage(ctx, l, owner) },
		})
	}
	return comparisons
}

// listPage compares one list. The rows are read before and after the answer.
func (a *auditor) listPage(ctx context.Context, l list, owner int64) (sample, error) {
	before, err := a.entries(ctx, l, owner)
	if err != nil {
		return sample{}, fmt.Errorf("%s %d: %w", l.what, owner, err)
	}
	answer, failure := a.ask(ctx, l.path, url.Values{l.owner: {number(owner)}})
	if failure != "" {
		return failed(failure), ctx.Err()
	}
	after, err := a.entries(ctx, l, owner)
	if err != nil {
		return sample{}, fmt.Errorf("%s %d: %w", l.what, owner, err)
	}
	compared := compareLists(after, l.shown(answer))
	compared.moving = !slices.Equal(before, after)
	return compared, nil
}

// entries reads a list from the rows.
func (a *auditor) entries(ctx context.Context, l list, owner int64) ([]entry, error) {
	found, err := ids(ctx, a.databases[l.service].db, l.rows, owner)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, len(found))
	for i, id := range found {
		entries[i] = entry{id: id}
		if !l.counted {
			continue
		}
		n, err := twoCounts(ctx, a.databases[interaction].db, `SELECT likes, comments FROM video_counts WHERE video_id = ?`, id)
		if err != nil {
			return nil, err
		}
		entries[i].likes, entries[i].comments = n.first, n.second
	}
	return entries, nil
}

// compareLists allows a list to end after maxList entries.
func compareLists(expected, found []entry) sample {
	if len(found) >= maxList && len(found) < len(expected) {
		expected = expected[:len(found)]
	}
	if slices.Equal(expected, found) {
		return sample{same: true}
	}
	for i := range min(len(expected), len(found)) {
		if want, got := expected[i], found[i]; want != got {
			return sample{
				expected: fmt.Sprintf("%d entries, the %d. %s", len(expected), i+1, want.against(got)),
				found:    fmt.Sprintf("%d, the %d. %s", len(found), i+1, got.against(want)),
			}
		}
	}
	return sample{expected: fmt.Sprintf("%d entries", len(expected)), found: fmt.Sprintf("%d, the first ones alike", len(found))}
}

// against says of an entry in what it differs from another.
func (e entry) against(other entry) string {
	if e.id != other.id {
		return "being " + number(e.id)
	}
	return fmt.Sprintf("being %d with %d likes and %d comments", e.id, e.likes, e.comments)
}
