package orphans_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/orphans"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
)

func TestOnRealDatabases(t *testing.T) {
	d := opsharness.NewDatabases(t)
	for name, test := range map[string]func(*testing.T, opsharness.Databases){
		"EachOrphanIsListed":               testEachOrphanIsListed,
		"OrphansAreDeleted":                testOrphansAreDeleted,
		"NothingIsDeletedWithoutADeleter":  testNothingIsDeletedWithoutADeleter,
		"NothingIsDeletedBesideEmptyRows":  testNothingIsDeletedBesideEmptyRows,
		"AnObjectThatARowNamesInTimeStays": testAnObjectThatARowNamesInTimeStays,
		"OrphansOfABucketAreDeleted":       testOrphansOfABucketAreDeleted,
		"AnUploadThatARowNamesInTimeStays": testAnUploadThatARowNamesInTimeStays,
	} {
		t.Run(name, func(t *testing.T) { test(t, d) })
	}
}

// A store that was not mounted leaves orphans in thousands, and each is found.
func testEachOrphanIsListed(t *testing.T, d opsharness.Databases) {
	data := opsharness.NewData(t, d)
	const many = 2500
	for n := range many {
		data.Store(t, "videos/999/source", n, []byte("x"))
	}
	lines, remaining := sweep(t, videoDB(t, d), storage.Folder(data.Folder), nil)
	if remaining != many || len(lines) != many+1 || lines[0] != "2500 orphans; --delete deletes them" ||
		!strings.HasPrefix(lines[1], "object videos/999/source/000000, modified 20") {
		t.Errorf("%d remain, %d lines, the first %q", remaining, len(lines), lines[:2])
	}
}

func testOrphansAreDeleted(t *testing.T, d opsharness.Databases) {
	store := func(key string, parts ...int) func(*testing.T, *opsharness.Data) {
		return func(t *testing.T, data *opsharness.Data) {
			for _, n := range parts {
				data.Store(t, key, n, []byte("x"))
			}
		}
	}
	for name, test := range map[string]struct {
		change       func(*testing.T, *opsharness.Data)
		age          time.Duration // of everything; 0 means old
		beforeDelete func(key string) error
		deleted      []string          // keys; everything else stays
		kept         map[string]string // the reason by key
	}{
		"no orphan":      {change: func(*testing.T, *opsharness.Data) {}},
		"unnamed parts":  {change: store("videos/999/source", 0, 7), deleted: []string{"videos/999/source/000000", "videos/999/source/000007"}},
		"one extra part": {change: store("videos/101/source", 3), deleted: []string{"videos/101/source/000003"}},
		"a lost attempt": {change: store("videos/104/1/cover", 0), deleted: []string{"videos/104/1/cover/000000"}},
		"a file that is not a part": {change: func(t *testing.T, data *opsharness.Data) {
			if err := os.WriteFile(data.Folder+"/videos/note", nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, deleted: []string{"videos/note"}},
		"a removal that was missed": {change: func(t *testing.T, data *opsharness.Data) { data.Exec(t, "video", `DELETE FROM removals`) },
			deleted: []string{"videos/105/source/000001"}},
		"a young orphan": {change: store("videos/999/source", 0), age: 9 * time.Minute,
			kept: map[string]string{"videos/999/source/000000": "it is younger than 10m0s"}},
		"other folders": {change: func(t *testing.T, data *opsharness.Data) {
			data.Store(t, "films/999/source", 0, []byte("x"))
			data.Store(t, "videos2/999/source", 0, []byte("x"))
		}, kept: map[string]string{"films/999/source/000000": "it is not in videos/", "videos2/999/source/000000": "it is not in videos/"}},
		"segments that only an index names": {change: func(t *testing.T, data *opsharness.Data) {
			data.Exec(t, "video", `DELETE FROM outputs WHERE video_id = 103`)
		},
			kept: map[string]string{
				"videos/103/1/hls/720/init/000000": "an index of segments may name it", "videos/103/1/hls/720/init/000001": "an index of segments may name it",
				"videos/103/1/hls/720/00000/000000": "an index of segments may name it", "videos/103/1/hls/720/00000/000001": "an index of segments may name it",
			}},
		"a deletion that fails": {change: store("videos/999/source", 0, 1, 2), beforeDelete: func(key string) error {
			if strings.HasSuffix(key, "1") {
				return errors.New("read-only file system")
			}
			return nil
		}, deleted: []string{"videos/999/source/000000", "videos/999/source/000002"},
			kept: map[string]string{"videos/999/source/000001": "read-only file system"}},
	} {
		t.Run(name, func(t *testing.T) {
			data := opsharness.NewData(t, d)
			test.change(t, data)
			data.Age(t, cmp.Or(test.age, old))
			folder := hookedFolder{Folder: storage.Folder(data.Folder), beforeDelete: test.beforeDelete}
			left := slices.DeleteFunc(opsharness.Keys(t, folder), func(key string) bool { return slices.Contains(test.deleted, key) })
			db := videoDB(t, d)
			lines, remaining := sweep(t, db, folder, &orphans.Deleter{DB: db, Store: folder})
			want := []string{fmt.Sprintf("deleted %d objects and 0 unfinished objects, %d orphans remain", len(test.deleted), len(test.kept))}
			for _, key := range test.deleted {
				want = append(want, "object "+key+": deleted")
			}
			for key, why := range test.kept {
				want = append(want, "object "+key+": kept, "+why)
			}
			wantLines(t, lines, want...)
			if remaining != len(test.kept) {
				t.Errorf("%d orphans remain, want %d", remaining, len(test.kept))
			}
			if got := opsharness.Keys(t, folder); !slices.Equal(got, left) {
				t.Errorf("stored are %q\nwant       %q", got, left)
			}
		})
	}
}

func testNothingIsDeletedWithoutADeleter(t *testing.T, d opsharness.Databases) {
	data := opsharness.NewData(t, d)
	data.Store(t, "videos/999/source", 0, []byte("x"))
	data.Age(t, old)
	folder := storage.Folder(data.Folder)
	lines, remaining := sweep(t, videoDB(t, d), folder, nil)
	if remaining != 1 || len(lines) != 2 {
		t.Errorf("%d remain, printed %q", remaining, lines)
	}
	if exists, err := folder.Exists(t.Context(), "videos/999/source/000000"); !exists || err != nil {
		t.Errorf("the orphan exists: %t, %v", exists, err)
	}
}

// A freshly created database makes every object look like an orphan.
func testNothingIsDeletedBesideEmptyRows(t *testing.T, d opsharness.Databases) {
	data := opsharness.NewData(t, d)
	data.Age(t, old)
	d.Clear(t)
	folder := storage.Folder(data.Folder)
	before := opsharness.Keys(t, folder)
	db := videoDB(t, d)
	lines, remaining := sweep(t, db, folder, &orphans.Deleter{DB: db, Store: folder})
	if remaining != len(before) || !strings.HasSuffix(lines[1], "kept, the rows name no object at all: is this their database?") {
		t.Errorf("%d of %d remain, printed %q", remaining, len(before), lines[:2])
	}
	if after := opsharness.Keys(t, folder); !slices.Equal(before, after) {
		t.Errorf("%d of %d objects are left", len(after), len(before))
	}
}

// upload is a row that names every part of videos/999/source.
const upload = `INSERT INTO uploads (video_id, author_id, object_key, part_size, max_size, aborting, expires_at_ms, due_at_ms)
	VALUES (999, 3, 'videos/999/source', 4, 100, FALSE, 9000, 9000)`

// A row can be inserted between two samples, and after the last one.
func testAnObjectThatARowNamesInTimeStays(t *testing.T, d opsharness.Databases) {
	for name, test := range map[string]struct {
		hook     func(then func()) hookedFolder
		onlyList bool
		parts    int
		deleted  int
	}{
		"between two samples": {parts: 1, hook: func(then func()) hookedFolder {
			return hookedFolder{beforeExists: func(string) { then() }}
		}},
		"between two samples of a listing": {parts: 1, onlyList: true, hook: func(then func()) hookedFolder {
			return hookedFolder{beforeExists: func(string) { then() }}
		}},
		// 100 orphans are deleted after one read of the rows, the others after the
		// next one.
		"while others are deleted": {parts: 105, deleted: 100, hook: func(then func()) hookedFolder {
			return hookedFolder{beforeDelete: func(string) error { then(); return nil }}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			data := opsharness.NewData(t, d)
			for n := range test.parts {
				data.Store(t, "videos/999/source", n, []byte("x"))
			}
			data.Age(t, old)
			var once sync.Once
			folder := test.hook(func() { once.Do(func() { data.Exec(t, "video", upload) }) })
			folder.Folder = storage.Folder(data.Folder)
			before := len(opsharness.Keys(t, folder))
			db := videoDB(t, d)
			var deleter *orphans.Deleter
			if !test.onlyList {
				deleter = &orphans.Deleter{DB: db, Store: folder}
			}
			lines, remaining := sweep(t, db, folder, deleter)
			if deleted := before - len(opsharness.Keys(t, folder)); deleted != test.deleted || remaining != 0 {
				t.Errorf("%d are deleted, want %d; %d remain, printed %q", deleted, test.deleted, remaining, lines)
			}
		})
	}
}
