package orphans_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/orphans"
)

// Whole objects, parts and unfinished uploads are deleted independently.
func testOrphansOfABucketAreDeleted(t *testing.T, d opsharness.Databases) {
	b := opsharness.NewBucketData(t, d)
	objects := opsharness.Keys(t, b.Bucket)
	for _, key := range []string{"videos/999/source", "videos/997/source/000000", "films/1"} {
		b.Put(t, key, "unnamed")
	}
	b.Begin(t, "videos/998/source", "videos/102/source", "films/2")
	db := videoDB(t, d)
	const young, elsewhere = ": kept, it is younger than 10m0s", ": kept, it is not in videos/"
	lines, _ := sweep(t, db, b.Bucket, &orphans.Deleter{DB: db, Store: b.Bucket})
	wantLines(t, lines,
		"object films/1"+elsewhere, "object videos/997/source/000000"+young, "object videos/999/source"+young,
		"unfinished object films/2"+elsewhere, "unfinished object videos/102/source"+young, "unfinished object videos/998/source"+young,
		"deleted 0 objects and 0 unfinished objects, 6 orphans remain")

	busy := hookedBucket{Bucket: b.Bucket, abortError: errors.New("503 Slow Down")}
	lines, _ = sweep(t, db, b.Bucket, &orphans.Deleter{DB: db, Store: busy, MinAge: time.Nanosecond})
	wantLines(t, lines,
		"object films/1"+elsewhere, "unfinished object films/2"+elsewhere,
		"unfinished object videos/102/source: kept, 503 Slow Down", "unfinished object videos/998/source: kept, 503 Slow Down",
		"object videos/997/source/000000: deleted", "object videos/999/source: deleted",
		"deleted 2 objects and 0 unfinished objects, 4 orphans remain")

	lines, remaining := sweep(t, db, b.Bucket, &orphans.Deleter{DB: db, Store: b.Bucket, MinAge: time.Nanosecond})
	wantLines(t, lines,
		"object films/1"+elsewhere, "unfinished object films/2"+elsewhere,
		"unfinished object videos/102/source: deleted", "unfinished object videos/998/source: deleted",
		"deleted 0 objects and 2 unfinished objects, 2 orphans remain")
	if remaining != 2 {
		t.Errorf("%d orphans remain", remaining)
	}
	want := append(objects, "films/1")
	slices.Sort(want)
	if got := opsharness.Keys(t, b.Bucket); !slices.Equal(got, want) { // the object of 102 among them
		t.Errorf("stored are %q\nwant       %q", got, want)
	}
	if got := b.Unfinished(t); !slices.Equal(got, []string{"films/2", "videos/110/source"}) {
		t.Errorf("unfinished uploads: %q", got)
	}
}

func testAnUploadThatARowNamesInTimeStays(t *testing.T, d opsharness.Databases) {
	for name, deletes := range map[string]bool{"listing": false, "deleting": true} {
		t.Run(name, func(t *testing.T) {
			b := opsharness.NewBucketData(t, d)
			b.Begin(t, "videos/999/source")
			lists := 0
			store := hookedBucket{Bucket: b.Bucket, beforeUnfinished: func() {
				if lists++; lists == 3 { // the rows were read without it by then
					b.Exec(t, "video", upload)
					b.Exec(t, "video", `UPDATE uploads SET layout = 1 WHERE video_id = 999`)
				}
			}}
			db := videoDB(t, d)
			var deleter *orphans.Deleter
			if deletes {
				deleter = &orphans.Deleter{DB: db, Store: store, MinAge: time.Nanosecond}
			}
			lines, remaining := sweep(t, db, store, deleter)
			if got := b.Unfinished(t); remaining != 0 || !slices.Equal(got, []string{"videos/110/source", "videos/999/source"}) {
				t.Errorf("%d remain, printed %q; unfinished uploads: %q", remaining, lines, got)
			}
		})
	}
}
