package audit

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/confirm"
)

// maxList is the length at which the API may cut a list.
const maxList = 1000

// api compares the answers to a guest with the rows.
func (a *auditor) api(ctx context.Context) error {
	if a.options.API == nil {
		a.report.note("api: skipped")
		return nil
	}
	var comparisons []comparison
	if a.databases[video].Has("videos") {
		comparisons = append(comparisons, comparison{invariant: "I9", what: "feed", take: a.feed})
	}
	for _, id := range a.sampled("users", a.users) {
		comparisons = append(comparisons, comparison{invariant: "I3", what: fmt.Sprintf("profile of user %d", id),
			take: func(ctx context.Context) (confirm.Sample, error) { return a.profilePage(ctx, id) }})
		comparisons = append(comparisons, a.lists(userLists(), id)...)
	}
	for _, id := range a.sampled("videos", a.videos) {
		comparisons = append(comparisons, a.lists(videoLists(), id)...)
	}
	a.report.Compared.Answers = len(comparisons)
	return a.confirm(ctx, a.options.Staleness, comparisons)
}

// ask reads one answer. A failure or a refusal is not an error of the audit but a
// finding, which is a violation if it lasts.
func (a *auditor) ask(ctx context.Context, path string, query url.Values) (answer Answer, failure string) {
	answer, err := a.options.API.Get(ctx, path, query)
	switch {
	case err != nil:
		return answer, "no answer: " + err.Error()
	case answer.Code != 0:
		return answer, fmt.Sprintf("a refusal: %s (status_code %d)", answer.Text, answer.Code)
	default:
		return answer, ""
	}
}

// failed is a sample without an answer. It differs from the rows, whatever the
// failure is.
func failed(failure string) confirm.Sample {
	return confirm.Sample{Expected: "an answer", Found: failure}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// profilePage compares the counts of one user. It reads the rows before and after
// the answer.
func (a *auditor) profilePage(ctx context.Context, id int64) (confirm.Sample, error) {
	before, err := a.countsOf(ctx, id)
	if err != nil {
		return confirm.Sample{}, fmt.Errorf("counts of user %d: %w", id, err)
	}
	answer, failure := a.ask(ctx, "/douyin/user/", url.Values{"user_id": {number(id)}})
	if failure != "" {
		return failed(failure), ctx.Err()
	}
	after, err := a.countsOf(ctx, id)
	if err != nil {
		return confirm.Sample{}, fmt.Errorf("counts of user %d: %w", id, err)
	}
	expected, found := []string{}, []string{}
	for name, n := range after {
		if shown := shownCount(answer.User, name); n != shown {
			expected = append(expected, name+" "+number(n))
			found = append(found, name+" "+number(shown))
		}
	}
	slices.Sort(expected)
	slices.Sort(found)
	return confirm.Sample{
		Same:     len(expected) == 0,
		Moving:   !maps.Equal(before, after),
		Expected: strings.Join(expected, ", "),
		Found:    strings.Join(found, ", "),
	}, nil
}

func shownCount(u UserSeen, name string) int64 {
	return map[string]int64{
		"id": u.ID, "work_count": u.Works, "favorite_count": u.Given, "total_favorited": u.Received,
		"follow_count": u.Follows, "follower_count": u.Followers,
	}[name]
}

// countsOf are the counts of a user in the rows, under their names in the API.
// Counts whose tables do not exist are left out.
func (a *auditor) countsOf(ctx context.Context, id int64) (map[string]int64, error) {
	counts := map[string]int64{"id": id}
	if d := a.databases[video]; d.Has("authors") {
		n, err := worksOf(ctx, d, id)
		if err != nil {
			return nil, err
		}
		counts["work_count"] = n
	}
	if d := a.databases[interaction]; d.Has("user_counts") {
		n, err := twoCounts(ctx, d, likesOfUser, id)
		if err != nil {
			return nil, err
		}
		counts["favorite_count"], counts["total_favorited"] = n.first, n.second
	}
	if d := a.databases[relation]; d.Has("counts") {
		n, err := twoCounts(ctx, d, followsOfUser, id)
		if err != nil {
			return nil, err
		}
		counts["follow_count"], counts["follower_count"] = n.first, n.second
	}
	return counts, nil
}
