package audit

import (
	"context"
	"fmt"
	"net/url"
	"slices"
)

// list is one that the API answers whole, and the rows that it is to equal.
type list struct {
	invariant     string
	what          string
	service       string
	tables        []string
	rows          string // the ids in order, for one owner's id
	path          string
	owner         string // the parameter that names the owner
	shown         func(Answer) []int64
	countedVideos bool // whose counts are compared too
}

func userLists() []list {
	return []list{
		{
			"I3", "publish list of user", video, []string{"videos"},
			`SELECT id FROM videos WHERE author_id = ? ORDER BY published_at_ms DESC`,
			"/douyin/publish/list/", "user_id", shownVideos, true,
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

func shownVideos(a Answer) []int64 {
	return mapped(a.Videos, func(v VideoSeen) int64 { return v.ID })
}

func shownUsers(a Answer) []int64 {
	return mapped(a.Users, func(u UserSeen) int64 { return u.ID })
}

func shownComments(a Answer) []int64 {
	return mapped(a.Comments, func(c Seen) int64 { return c.ID })
}

func mapped[T any](all []T, id func(T) int64) []int64 {
	out := make([]int64, len(all))
	for i, one := range all {
		out[i] = id(one)
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
		comparisons = append(comparisons, comparison{
			invariant: l.invariant, what: fmt.Sprintf("%s %d", l.what, owner),
			take: func(ctx context.Context) (sample, error) { return a.listPage(ctx, l, owner) },
		})
	}
	return comparisons
}

func (a *auditor) listPage(ctx context.Context, l list, owner int64) (sample, error) {
	answer, failure := a.ask(ctx, l.path, url.Values{l.owner: {number(owner)}})
	if failure != "" {
		return failed(failure), nil
	}
	expected, err := ids(ctx, a.databases[l.service].db, l.rows, owner)
	if err != nil {
		return sample{}, fmt.Errorf("%s %d: %w", l.what, owner, err)
	}
	if different := compareLists(expected, l.shown(answer)); !different.same {
		return different, nil
	}
	if l.countedVideos {
		return a.videoCounts(ctx, answer.Videos)
	}
	return sample{same: true}, nil
}

// compareLists allows a list to end after maxList entries.
func compareLists(expected, found []int64) sample {
	if len(found) >= maxList && len(found) < len(expected) {
		expected = expected[:len(found)]
	}
	if slices.Equal(expected, found) {
		return sample{same: true}
	}
	for i, id := range expected {
		if i >= len(found) {
			break
		}
		if id != found[i] {
			return sample{
				expected: fmt.Sprintf("%d entries, entry %d being %d", len(expected), i+1, id),
				found:    fmt.Sprintf("%d, entry %d being %d", len(found), i+1, found[i]),
			}
		}
	}
	return sample{expected: fmt.Sprintf("%d entries", len(expected)), found: fmt.Sprintf("%d, the first ones alike", len(found))}
}

// videoCounts compares the counts that are shown beside videos.
func (a *auditor) videoCounts(ctx context.Context, shown []VideoSeen) (sample, error) {
	d := a.databases[interaction]
	if !d.has("video_counts") {
		return sample{same: true}, nil
	}
	var fields []field
	for _, v := range shown {
		n, err := twoCounts(ctx, d.db, `SELECT likes, comments FROM video_counts WHERE video_id = ?`, v.ID)
		if err != nil {
			return sample{}, fmt.Errorf("counts of video %d: %w", v.ID, err)
		}
		fields = append(fields,
			field{fmt.Sprintf("favorite_count of video %d", v.ID), n.first, v.Likes},
			field{fmt.Sprintf("comment_count of video %d", v.ID), n.second, v.Comments})
	}
	return compareFields(fields), nil
}
