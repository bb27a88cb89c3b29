package audit

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// maxList is how much of a list the API gives at least, in one answer.
const maxList = 1000

// api compares what a guest is shown with the rows.
func (a *auditor) api(ctx context.Context) error {
	if a.options.API == nil {
		a.report.note("api: skipped")
		return nil
	}
	var comparisons []comparison
	if a.databases[video].has("videos") {
		comparisons = append(comparisons, comparison{invariant: "I9", what: "feed", take: a.feed})
	}
	for _, id := range a.sampled("users", a.users) {
		comparisons = append(comparisons, comparison{invariant: "I3", what: fmt.Sprintf("profile of user %d", id),
			take: func(ctx context.Context) (sample, error) { return a.profilePage(ctx, id) }})
		comparisons = append(comparisons, a.lists(userLists(), id)...)
	}
	for _, id := range a.sampled("videos", a.videos) {
		comparisons = append(comparisons, a.lists(videoLists(), id)...)
	}
	a.report.Compared.Answers = len(comparisons)
	return a.lasting(ctx, comparisons)
}

// ask reads one answer. A failure or a refusal is no error here but something
// that was found: it is a violation when it lasts.
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

// failed is a sample of an answer that should have been there. Anything that
// fails is as good as any other failure.
func failed(failure string) sample {
	return sample{expected: "an answer", found: failure}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// profilePage compares the counts of one user.
func (a *auditor) profilePage(ctx context.Context, id int64) (sample, error) {
	answer, failure := a.ask(ctx, "/douyin/user/", url.Values{"user_id": {number(id)}})
	if failure != "" {
		return failed(failure), nil
	}
	fields, err := a.countsOf(ctx, id, answer.User)
	if err != nil {
		return sample{}, fmt.Errorf("counts of user %d: %w", id, err)
	}
	fields = append(fields, field{"id", id, answer.User.ID})
	return compareFields(fields), nil
}

// field is one number on both sides.
type field struct {
	name            string
	expected, found int64
}

func compareFields(fields []field) sample {
	var expected, found []string
	for _, f := range fields {
		if f.expected != f.found {
			expected = append(expected, f.name+" "+number(f.expected))
			found = append(found, f.name+" "+number(f.found))
		}
	}
	return sample{
		same:     len(expected) == 0,
		expected: strings.Join(expected, ", "),
		found:    strings.Join(found, ", "),
	}
}

// countsOf pairs what the rows count of a user with what was shown; what has no
// rows to compare with is left out.
func (a *auditor) countsOf(ctx context.Context, id int64, shown UserSeen) ([]field, error) {
	var fields []field
	if d := a.databases[video]; d.has("authors") {
		n, err := worksOf(ctx, d.db, id)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{"work_count", n, shown.Works})
	}
	if d := a.databases[interaction]; d.has("user_counts") {
		n, err := twoCounts(ctx, d.db, likesOfUser, id)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{"favorite_count", n.first, shown.Given}, field{"total_favorited", n.second, shown.Received})
	}
	if d := a.databases[relation]; d.has("counts") {
		n, err := twoCounts(ctx, d.db, followsOfUser, id)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{"follow_count", n.first, shown.Follows}, field{"follower_count", n.second, shown.Followers})
	}
	return fields, nil
}
