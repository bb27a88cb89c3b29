package letters_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/letters"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

func TestListAndShow(t *testing.T) {
	h := newHarness(t)
	list := func(f letters.Filter, asJSON bool) string {
		return printed(func(out *bytes.Buffer) error { return h.services.List(t.Context(), &f, asJSON, out) })
	}
	if got := list(letters.Filter{}, false); got != "no dead letters\n" {
		t.Errorf("an empty list: %q", got)
	}
	if got := list(letters.Filter{}, true); got != "[]\n" {
		t.Errorf("an empty list as JSON: %q", got)
	}
	h.store(t, 1, "interaction.liked", "e1")
	h.store(t, 0, "video.deleted", "e2")
	h.store(t, 1, "", "\xffgarbage")
	lines := strings.Split(strings.TrimSpace(list(letters.Filter{}, false)), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "APP") || !strings.HasPrefix(lines[1], "interaction") ||
		!strings.Contains(lines[2], "interaction.liked") || !strings.Contains(lines[3], "(no event)") {
		t.Errorf("table\n%s", strings.Join(lines, "\n"))
	}
	if got := list(letters.Filter{Limit: 2}, false); strings.Count(got, "\n") != 3 || !strings.Contains(got, "e1") {
		t.Errorf("two letters:\n%s", got)
	}
	var views []struct {
		App, Topic string
		EventID    string `json:"event_id"`
		ID         int64
	}
	if err := json.Unmarshal([]byte(list(letters.Filter{Topic: "interaction.liked"}, true)), &views); err != nil ||
		len(views) != 1 || views[0].App != "user" || views[0].EventID != "e1" {
		t.Errorf("JSON %+v, %v", views, err)
	}
	show := func(f letters.Filter, asJSON bool) string {
		return printed(func(out *bytes.Buffer) error { return h.services.Show(t.Context(), &f, asJSON, out) })
	}
	for _, want := range []string{`"id":"e1"`, `payload:    "\xffgarbage"`, "app:        interaction\n"} {
		if got := show(letters.Filter{}, false); !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if got := show(letters.Filter{Topic: "nothing"}, false); got != "no dead letters\n" {
		t.Errorf("nothing to show: %q", got)
	}
}

func TestReplayPrintsTheOutcomeOfEachService(t *testing.T) {
	h := newHarness(t)
	h.store(t, 0, "video.deleted", "e1")
	h.store(t, 1, "interaction.liked", "e2")
	h.store(t, 1, "interaction.liked", "bad3")
	h.store(t, 1, "", "garbage")
	o := letters.ReplayOptions{All: true, Wait: time.Minute}
	replay := func() string {
		return printed(func(out *bytes.Buffer) error { return h.services.RequestReplay(t.Context(), &letters.Filter{}, o, out) })
	}
	o.DryRun = true
	dry := replay()
	for _, want := range []string{"interaction 1: would be replayed, event e1 of video.deleted\n", "user 2: would be replayed", "user 3: refused, it is no event", "error: exit code 1\n"} {
		if !strings.Contains(dry, want) {
			t.Errorf("no %q in\n%s", want, dry)
		}
	}
	o.DryRun = false
	first, second := h.serve(t, 0), h.serve(t, 1)
	if first.of("e1") != 0 || second.of("e2") != 0 {
		t.Error("a dry run replays")
	}
	want := "user 3: refused, it is no event and can only be discarded\ninteraction: 1 replayed, 0 failed again\n" +
		"user 2: failed again, no such user\nuser: 1 replayed, 1 failed again\nerror: exit code 1\n"
	if got := replay(); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	if left := h.left(t, 1); len(left) != 2 || first.of("e1") != 1 || second.of("e2") != 1 || second.of("bad3") != 1 {
		t.Errorf("left %q", left)
	}

	// A letter that fails again and again is refused, until it is forced.
	replay()
	replay()
	if got := replay(); !strings.Contains(got, "user 2: refused, it failed in each of its replays: no such user\n") || second.of("bad3") != 3 {
		t.Errorf("after three replays:\n%s", got)
	}
	o.Force = true
	if got := replay(); !strings.Contains(got, "user 2: failed again") || second.of("bad3") != 4 {
		t.Errorf("forced:\n%s", got)
	}
}

// The tool may end at any moment: the service goes on with what is requested,
// and a second call finds the rest.
func TestAReplayWhoseToolIsKilled(t *testing.T) {
	h := newHarness(t)
	const many = 1000
	for n := range many {
		h.store(t, 1, "interaction.liked", fmt.Sprintf("e%04d", n))
	}
	for range 2 {
		ctx, kill := context.WithCancel(t.Context())
		o := letters.ReplayOptions{All: true, Wait: time.Minute}
		time.AfterFunc(20*time.Millisecond, kill)
		if err := h.services.RequestReplay(ctx, &letters.Filter{}, o, &bytes.Buffer{}); err == nil {
			t.Fatal("the tool was not killed")
		}
	}
	c := h.serve(t, 1)
	got := printed(func(out *bytes.Buffer) error {
		return h.services.RequestReplay(t.Context(), &letters.Filter{}, letters.ReplayOptions{All: true, Wait: time.Minute}, out)
	})
	if left := h.left(t, 1); len(left) != 0 || strings.Contains(got, "error") {
		t.Errorf("%d letters are left, printed\n%s", len(left), got)
	}
	for n := range many {
		if id := fmt.Sprintf("e%04d", n); c.of(id) != 1 {
			t.Errorf("%s was handled %d times", id, c.of(id))
		}
	}
}

func TestReplayWithoutTheService(t *testing.T) {
	h := newHarness(t)
	h.store(t, 1, "interaction.liked", "e1")
	o := letters.ReplayOptions{All: true, Wait: 10 * time.Millisecond}
	got := printed(func(out *bytes.Buffer) error { return h.services.RequestReplay(t.Context(), &letters.Filter{}, o, out) })
	if !strings.Contains(got, "user: 1 letters wait for the service") || !strings.Contains(got, "error: exit code 1") {
		t.Errorf("printed\n%s", got)
	}
	if left := h.left(t, 1); len(left) != 1 {
		t.Errorf("left %q", left)
	}
}

func TestDiscardDeletesTheSelectedLetters(t *testing.T) {
	h := newHarness(t)
	h.store(t, 0, "video.deleted", "e1")
	h.store(t, 1, "", "garbage")
	h.store(t, 1, "interaction.liked", "e2")
	discard := func(f letters.Filter, o letters.DiscardOptions) string {
		return printed(func(out *bytes.Buffer) error { return h.services.Discard(t.Context(), &f, o, out) })
	}
	liked := letters.Filter{Topic: "interaction.liked"}
	if got := discard(liked, letters.DiscardOptions{DryRun: true}); got != "user 2: would be discarded, event e2 of \"interaction.liked\"\n" {
		t.Errorf("dry run: %q", got)
	}
	if left := h.left(t, 1); len(left) != 2 {
		t.Errorf("a dry run leaves %q", left)
	}
	if got := discard(liked, letters.DiscardOptions{Yes: true}); got != "user: 1 discarded\n" {
		t.Errorf("printed %q", got)
	}
	if got := discard(liked, letters.DiscardOptions{Yes: true}); got != "no dead letters\n" {
		t.Errorf("a second time: %q", got)
	}
	if left := append(h.left(t, 0), h.left(t, 1)...); len(left) != 2 || left[0] != "e1" {
		t.Errorf("left %q", left)
	}
}

func TestWrongCallsAreRefusedWithTheCure(t *testing.T) {
	moment := func(text string) (m letters.Moment) {
		if err := m.UnmarshalText([]byte(text)); err != nil {
			t.Error(err)
		}
		return m
	}
	for name, test := range map[string]struct {
		filter letters.Filter
		want   string
	}{
		"no app":    {letters.Filter{ID: []int64{1}}, "--id needs one --app"},
		"two apps":  {letters.Filter{ID: []int64{1}, App: []string{"user", "chat"}}, "--id needs one --app"},
		"limit":     {letters.Filter{Limit: -1}, "--limit must not be negative"},
		"no period": {letters.Filter{Since: moment("1h"), Until: moment("2026-01-01T00:00:00Z")}, "--since must be before --until"},
	} {
		if err := test.filter.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	for _, bad := range []string{"yesterday", "-1h", ""} {
		if err := new(letters.Moment).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is a time", bad)
		}
	}
	none, some := &letters.Filter{}, &letters.Filter{Topic: "x"}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"replay of nothing":      {letters.ReplayOptions{}.Check(none), "or --all"},
		"replay of all":          {letters.ReplayOptions{All: true}.Check(none), ""},
		"replay of some":         {letters.ReplayOptions{}.Check(some), ""},
		"discard of nothing":     {letters.DiscardOptions{Yes: true}.Check(none), "or --all"},
		"discard without a word": {letters.DiscardOptions{}.Check(some), "--yes"},
		"discard":                {letters.DiscardOptions{Yes: true}.Check(some), ""},
		"dry run":                {letters.DiscardOptions{DryRun: true}.Check(some), ""},
	} {
		if test.want == "" && test.err != nil || test.want != "" && (test.err == nil || !strings.Contains(test.err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", name, test.err, test.want)
		}
	}
}

// Services without a table of dead letters are left out; unknown ones are
// refused.
func TestOpen(t *testing.T) {
	h := newHarness(t)
	bare := sqltest.New(t, nil)
	config, err := mysql.ParseDSN(os.Getenv("TEST_MYSQL_DSN"))
	if err != nil {
		t.Fatal(err)
	}
	dsns := map[string]string{}
	for name, db := range map[string]interface {
		GetContext(ctx context.Context, into any, query string, args ...any) error
	}{"media": bare, "user": h.services[1].DB, "interaction": h.services[0].DB} {
		if err := db.GetContext(t.Context(), &config.DBName, "SELECT DATABASE()"); err != nil {
			t.Fatal(err)
		}
		dsns[name] = config.FormatDSN()
	}
	for _, test := range []struct{ names, want []string }{
		{nil, []string{"interaction", "user"}},
		{[]string{"user", "user"}, []string{"user"}},
	} {
		services, err := letters.Open(t.Context(), dsns, test.names)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range services {
			names = append(names, s.Name)
		}
		if !slices.Equal(names, test.want) {
			t.Errorf("opened %q, want %q", names, test.want)
		}
		if err := services.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := letters.Open(t.Context(), dsns, []string{"nobody"}); err == nil || !strings.Contains(err.Error(), "interaction, media, user") {
		t.Errorf("an unknown service: %v", err)
	}
}
