package audit_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
)

// Short, because in most tests no event is on its way.
const (
	settle    = 200 * time.Millisecond
	staleness = 200 * time.Millisecond
)

// harness is a consistent data set with its hot state and its API. No invariant
// is violated until a test changes something.
type harness struct {
	*opsharness.Data
	hot *hotFake
	api *apiFake
}

func newHarness(t *testing.T, d opsharness.Databases) *harness {
	t.Helper()
	return &harness{Data: opsharness.NewData(t, d), hot: newHotFake(t), api: newAPIFake()}
}

// onlyRows are the options of an audit of the databases alone.
func (h *harness) onlyRows() audit.Options { return onlyRows(h.Databases) }

func onlyRows(d opsharness.Databases) audit.Options {
	return audit.Options{DSNs: d.DSNs, Settle: settle, Staleness: staleness}
}

// everything are the options of a complete audit.
func (h *harness) everything() audit.Options {
	o := h.onlyRows()
	o.Hot, o.API, o.Objects = h.hot, h.api, storage.Folder(h.Folder)
	return o
}

func run(t *testing.T, o audit.Options) audit.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	report, err := audit.Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// wantViolations compares the lines of a report, in any order.
func wantViolations(t *testing.T, report audit.Report, want ...string) {
	t.Helper()
	var got []string
	for _, v := range report.Violations {
		got = append(got, v.String())
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found %q\nwant  %q", got, want)
	}
}
