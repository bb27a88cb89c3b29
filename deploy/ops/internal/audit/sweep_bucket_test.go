package audit_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
)

// hookedBucket is a bucket in which something happens just before it is used.
type hookedBucket struct {
	*audit.Bucket
	looks  func()
	aborts error
}

func (h hookedBucket) Unfinished(ctx context.Context) ([]audit.Listed, error) {
	if h.looks != nil {
		h.looks()
	}
	return h.Bucket.Unfinished(ctx)
}

func (h hookedBucket) Abort(ctx context.Context, key, upload string) error {
	if h.aborts != nil {
		return h.aborts
	}
	return h.Bucket.Abort(ctx, key, upload)
}

// open are the keys of the uploads in pieces that go on.
func (w *bucketWorld) open(t *testing.T) []string {
	t.Helper()
	uploads, err := w.bucket.Unfinished(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, one := range uploads {
		keys = append(keys, one.Key)
	}
	slices.Sort(keys)
	return keys
}

// Whole objects, parts and unfinished uploads go, each for itself.
func testStraysOfABucketAreRemoved(t *testing.T, d databases) {
	w := newBucketWorld(t, d)
	objects := w.keys(t, w.bucket)
	for _, key := range []string{"videos/999/source", "videos/997/source/000000", "films/1"} {
		w.put(t, key, "nobody's")
	}
	w.begin(t, "videos/998/source", "videos/102/source", "films/2")
	o := w.onlyRows()
	o.Objects, o.Remover = w.bucket, w.bucket
	const found, unfinished = ": expected a video or an upload that has it, found none; not removed: ", ": expected an upload that goes on, found none; not removed: "
	const young, elsewhere = "it is younger than 10m0s", "it is not in videos/"
	report := run(t, o)
	wantViolations(t, report,
		"I8 object films/1"+found+elsewhere, "I8 object videos/997/source/000000"+found+young, "I8 object videos/999/source"+found+young,
		"I8 unfinished object films/2"+unfinished+elsewhere, "I8 unfinished object videos/102/source"+unfinished+young,
		"I8 unfinished object videos/998/source"+unfinished+young)
	wantSwept(t, report, 0, 0)

	o.StrayAge = time.Nanosecond
	o.Remover = hookedBucket{Bucket: w.bucket, aborts: errors.New("503 Slow Down")}
	report = run(t, o)
	wantViolations(t, report,
		"I8 object films/1"+found+elsewhere, "I8 unfinished object films/2"+unfinished+elsewhere,
		"I8 unfinished object videos/102/source"+unfinished+"503 Slow Down",
		"I8 unfinished object videos/998/source"+unfinished+"503 Slow Down")
	wantSwept(t, report, 2, 0, "object videos/997/source/000000 is removed", "object videos/999/source is removed")

	o.Remover = w.bucket
	report = run(t, o)
	wantViolations(t, report, "I8 object films/1"+found+elsewhere, "I8 unfinished object films/2"+unfinished+elsewhere)
	wantSwept(t, report, 0, 2, "unfinished object videos/102/source is removed", "unfinished object videos/998/source is removed")
	want := append(objects, "films/1")
	slices.Sort(want)
	if got := w.keys(t, w.bucket); !slices.Equal(got, want) { // among them the object of 102
		t.Errorf("there are %q\nwant %q", got, want)
	}
	if got := w.open(t); !slices.Equal(got, []string{"films/2", "videos/110/source"}) {
		t.Errorf("uploads that go on: %q", got)
	}
}

func testUploadThatARowTakesInTimeGoesOn(t *testing.T, d databases) {
	for name, removes := range map[string]bool{"an audit that only looks": false, "one that removes": true} {
		t.Run(name, func(t *testing.T) {
			w := newBucketWorld(t, d)
			w.begin(t, "videos/999/source")
			lists := 0
			store := hookedBucket{Bucket: w.bucket, looks: func() {
				if lists++; lists == 3 { // the rows have been read without it by then
					w.exec(t, "video", upload)
					w.exec(t, "video", `UPDATE uploads SET layout = 1 WHERE video_id = 999`)
				}
			}}
			o := w.onlyRows()
			o.Objects, o.StrayAge = store, time.Nanosecond
			if removes {
				o.Remover = store
			}
			report := run(t, o)
			wantViolations(t, report)
			if got := w.open(t); report.Removed != 0 || !slices.Equal(got, []string{"videos/110/source", "videos/999/source"}) {
				t.Errorf("%d are removed; uploads that go on: %q", report.Removed, got)
			}
		})
	}
}
