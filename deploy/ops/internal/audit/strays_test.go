package audit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
)

// A store that was not mounted leaves strays in thousands, and each is found.
func testManyStraysAreFound(t *testing.T, d databases) {
	w := newWorld(t, d)
	const strays = 2500
	for n := range strays {
		w.store(t, "videos/999/source", n, []byte("x"))
	}
	o := w.onlyRows()
	o.Objects, o.Staleness = audit.Folder(w.folder), time.Second
	if report := run(t, o); len(report.Violations) != strays {
		t.Errorf("%d of %d are found, notes %.200s", len(report.Violations), strays, fmt.Sprint(report.Notes))
	}
}
