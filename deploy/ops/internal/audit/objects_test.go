package audit_test

import (
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
)

func testObjectsInABucket(t *testing.T, d opsharness.Databases) {
	b := opsharness.NewBucketData(t, d)
	o := onlyRows(d)
	o.Objects = b.Bucket
	report := run(t, o)
	wantViolations(t, report)
	if report.Compared.Objects != opsharness.BucketObjects {
		t.Errorf("%d objects are compared", report.Compared.Objects)
	}

	b.Put(t, "videos/101/source", "another..")
	// The checksum of this one is not known before it is processed.
	b.Put(t, "videos/104/source", "video 1O4.")
	b.Put(t, "videos/999/source", "unnamed")
	b.Begin(t, "videos/998/source", "videos/102/source")
	report = run(t, o)
	if len(report.Violations) != 4 || !strings.HasPrefix(report.Violations[0].String(), "I8 object of video 101: expected its bytes, found objectstore.Part") {
		t.Fatalf("found %q", report.Violations)
	}
	report.Violations = report.Violations[1:]
	wantViolations(t, report,
		"I8 object videos/999/source: expected a video or an upload that has it, found none",
		"I8 unfinished object videos/102/source: expected an upload that goes on, found none",
		"I8 unfinished object videos/998/source: expected an upload that goes on, found none")
}
