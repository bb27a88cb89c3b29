package audit

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/confirm"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
)

// list is a list that the API answers as a whole, and the rows it must equal.
type list struct {
	invariant string
	what      string
	service   string
	tables    []string
	rows      string // query for the ids in order, by the id of the owner
	path      string
	owner     string // parameter with the id of the owner
	shown     func(Answer) []entry
	counted   bool // whether the counts of its videos are compared
}

func userLists() []list {
	return []list{
		{
			"I3", "publish list of user", video, []string{"videos"},
			// A guest sees ready videos only.
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

// entry is one element of a list. The counts are those of a video if they are
// compared, otherwise 0.
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

// lists returns the comparisons of one owner's lists whose tables exist.
func (a *auditor) lists(all []list, owner int64) []comparison {
	var comparisons []comparison
	for _, l := range all {
		if !a.databases[l.service].Has(l.tables...) {
			continue
		}
		if l.counted && !a.databases[interaction].Has("video_counts") {
			l.counted, l.shown = false, shownVideos
		}
		comparisons = append(comparisons, comparison{
			invariant: l.invariant, what: fmt.Sprintf("%s %d", l.what, owner),
			take: func(ctx context.Context) (confirm.Sample, error) { return a.listPage(ctx, l, owner) },
		})
	}
	return comparisons
}

// listPage compares one list. It reads the rows before and after the answer.
func (a *auditor) listPage(ctx context.Context, l list, owner int64) (confirm.Sample, error) {
	before, err := a.entries(ctx, l, owner)
	if err != nil {
		return confirm.Sample{}, fmt.Errorf("%s %d: %w", l.what, owner, err)
	}
	answer, failure := a.ask(ctx, l.path, url.Values{l.owner: {number(owner)}})
	if failure != "" {
		return failed(failure), ctx.Err()
	}
	after, err := a.entries(ctx, l, owner)
	if err != nil {
		return confirm.Sample{}, fmt.Errorf("%s %d: %w", l.what, owner, err)
	}
	compared := compareLists(after, l.shown(answer))
	compared.Moving = !slices.Equal(before, after)
	return compared, nil
}

// entries reads a list from the rows.
func (a *auditor) entries(ctx context.Context, l list, owner int64) ([]entry, error) {
	found, err := servicedb.IDs(ctx, a.databases[l.service], l.rows, owner)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, len(found))
	for i, id := range found {
		entries[i] = entry{id: id}
		if !l.counted {
			continue
		}
		n, err := twoCounts(ctx, a.databases[interaction], `SELECT likes, comments FROM video_counts WHERE video_id = ?`, id)
		if err != nil {
			return nil, err
		}
		entries[i].likes, entries[i].comments = n.first, n.second
	}
	return entries, nil
}

// compareLists compares two lists. The found one may be cut after maxList
// entries.
func compareLists(expected, found []entry) confirm.Sample {
	if len(found) >= maxList && len(found) < len(expected) {
		expected = expected[:len(found)]
	}
	if slices.Equal(expected, found) {
		return confirm.Sample{Same: true}
	}
	for i := range min(len(expected), len(found)) {
		if want, got := expected[i], found[i]; want != got {
			return confirm.Sample{
				Expected: fmt.Sprintf("%d entries, the %d. %s", len(expected), i+1, want.against(got)),
				Found:    fmt.Sprintf("%d, the %d. %s", len(found), i+1, got.against(want)),
			}
		}
	}
	return confirm.Sample{Expected: fmt.Sprintf("%d entries", len(expected)), Found: fmt.Sprintf("%d, the first ones alike", len(found))}
}

// against describes an entry by what distinguishes it from another.
func (e entry) against(other entry) string {
	if e.id != other.id {
		return "being " + number(e.id)
	}
	return fmt.Sprintf("being %d with %d likes and %d comments", e.id, e.likes, e.comments)
}
