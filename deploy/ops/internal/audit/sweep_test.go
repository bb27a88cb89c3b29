package audit_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
)

// hooked is a folder in which something happens just before it is used.
type hooked struct {
	audit.Folder
	looks   func(key string)
	removes func(key string) error
}

func (h hooked) Exists(ctx context.Context, key string) (bool, error) {
	if h.looks != nil {
		h.looks(key)
	}
	return h.Folder.Exists(ctx, key)
}

func (h hooked) Remove(ctx context.Context, key string) error {
	if h.removes != nil {
		if err := h.removes(key); err != nil {
			return err
		}
	}
	return h.Folder.Remove(ctx, key)
}

// sweeping removes strays of the folder.
func (w *world) sweeping(h hooked) audit.Options {
	h.Folder = audit.Folder(w.folder)
	o := w.onlyRows()
	o.Objects, o.Remover = h, h
	return o
}

// old is old enough to be removed.
const old = 11 * time.Minute

// age has everything in the folder written some time ago.
func (w *world) age(t *testing.T, age time.Duration) {
	t.Helper()
	written := time.Now().Add(-age)
	for _, key := range w.keys(t, audit.Folder(w.folder)) {
		if err := os.Chtimes(filepath.Join(w.folder, filepath.FromSlash(key)), written, written); err != nil {
			t.Fatal(err)
		}
	}
}

// keys are those of all that a store has.
func (*world) keys(t *testing.T, objects audit.Objects) []string {
	t.Helper()
	kept, err := objects.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := make([]string, len(kept))
	for i, one := range kept {
		keys[i] = one.Key
	}
	slices.Sort(keys)
	return keys
}

// wantSwept compares what an audit says of removals: the counts, and what went.
func wantSwept(t *testing.T, report audit.Report, objects, unfinished int, want ...string) {
	t.Helper()
	var got []string
	for _, note := range report.Notes {
		if text, ok := strings.CutPrefix(note, "strays: "); ok {
			got = append(got, text)
		}
	}
	want = append(want, fmt.Sprintf("%d objects and %d unfinished ones are removed", objects, unfinished))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || report.Removed != objects+unfinished {
		t.Errorf("%d are removed, notes %q\nwant  %q", report.Removed, got, want)
	}
}

// nobodys is the violation by an object that no row knows and that stays.
func nobodys(key, why string) string {
	return "I8 object " + key + ": expected a video or an upload that has it, found none; not removed: " + why
}

func testStraysAreRemoved(t *testing.T, d databases) {
	for name, test := range map[string]struct {
		spoil   func(*testing.T, *world)
		age     time.Duration // of everything; 0 means old
		removes func(key string) error
		removed []string // keys; everything else stays
		want    []string // violations
	}{
		"nothing": {spoil: func(*testing.T, *world) {}},
		"parts of nothing": {spoil: func(t *testing.T, w *world) {
			w.store(t, "videos/999/source", 0, []byte("x"))
			w.store(t, "videos/999/source", 7, []byte("x"))
		}, removed: []string{"videos/999/source/000000", "videos/999/source/000007"}},
		"a part too many": {spoil: func(t *testing.T, w *world) { w.store(t, "videos/101/source", 3, []byte("x")) },
			removed: []string{"videos/101/source/000003"}},
		"a lost attempt": {spoil: func(t *testing.T, w *world) { w.store(t, "videos/104/1/cover", 0, []byte("x")) },
			removed: []string{"videos/104/1/cover/000000"}},
		"a file that is no part": {spoil: func(t *testing.T, w *world) {
			if err := os.WriteFile(w.folder+"/videos/note", nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, removed: []string{"videos/note"}},
		"what should have been removed": {spoil: func(t *testing.T, w *world) { w.exec(t, "video", `DELETE FROM removals`) },
			removed: []string{"videos/105/source/000001"}},
		"a young one": {spoil: func(t *testing.T, w *world) { w.store(t, "videos/999/source", 0, []byte("x")) }, age: 9 * time.Minute,
			want: []string{nobodys("videos/999/source/000000", "it is younger than 10m0s")}},
		"somebody else's": {spoil: func(t *testing.T, w *world) {
			w.store(t, "films/999/source", 0, []byte("x"))
			w.store(t, "videos2/999/source", 0, []byte("x"))
		}, want: []string{
			nobodys("films/999/source/000000", "it is not in videos/"), nobodys("videos2/999/source/000000", "it is not in videos/"),
		}},
		"segments that only an index names": {spoil: func(t *testing.T, w *world) { w.exec(t, "video", `DELETE FROM outputs WHERE video_id = 103`) },
			want: []string{
				"I8 objects of attempt 1 at video 103: expected a row that names them, as the video has them, found none",
				nobodys("videos/103/1/hls/720/init/000000", "an index may name it"), nobodys("videos/103/1/hls/720/init/000001", "an index may name it"),
				nobodys("videos/103/1/hls/720/00000/000000", "an index may name it"), nobodys("videos/103/1/hls/720/00000/000001", "an index may name it"),
			}},
		"one cannot be removed": {spoil: func(t *testing.T, w *world) {
			for n := range 3 {
				w.store(t, "videos/999/source", n, []byte("x"))
			}
		}, removes: func(key string) error {
			if strings.HasSuffix(key, "1") {
				return errors.New("read-only file system")
			}
			return nil
		}, removed: []string{"videos/999/source/000000", "videos/999/source/000002"},
			want: []string{nobodys("videos/999/source/000001", "read-only file system")}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, d)
			test.spoil(t, w)
			w.age(t, cmp.Or(test.age, old))
			left := slices.DeleteFunc(w.keys(t, audit.Folder(w.folder)), func(key string) bool { return slices.Contains(test.removed, key) })
			report := run(t, w.sweeping(hooked{removes: test.removes}))
			wantViolations(t, report, test.want...)
			var notes []string
			for _, key := range test.removed {
				notes = append(notes, "object "+key+" is removed")
			}
			wantSwept(t, report, len(test.removed), 0, notes...)
			if got := w.keys(t, audit.Folder(w.folder)); !slices.Equal(got, left) {
				t.Errorf("there are %q\nwant %q", got, left)
			}
		})
	}
}

// Nothing goes that nobody told to remove.
func testStraysStayWithoutARemover(t *testing.T, d databases) {
	w := newWorld(t, d)
	w.store(t, "videos/999/source", 0, []byte("x"))
	w.age(t, old)
	o := w.sweeping(hooked{})
	o.Remover = nil
	report := run(t, o)
	wantViolations(t, report, "I8 object videos/999/source/000000: expected a video or an upload that has it, found none")
	if there, err := o.Objects.Exists(t.Context(), "videos/999/source/000000"); !there || err != nil {
		t.Errorf("it is there: %t, %v", there, err)
	}
	if slices.ContainsFunc(report.Notes, func(note string) bool { return strings.HasPrefix(note, "strays: ") }) {
		t.Errorf("notes %q", report.Notes)
	}
}

// upload is a row that knows every part of videos/999/source.
const upload = `INSERT INTO uploads (video_id, author_id, object_key, part_size, max_size, aborting, expires_at_ms, due_at_ms)
	VALUES (999, 3, 'videos/999/source', 4, 100, FALSE, 9000, 9000)`

// A row can come between two looks, and after the last one.
func testStraysThatARowNamesInTimeStay(t *testing.T, d databases) {
	for name, test := range map[string]struct {
		hook      func(then func()) hooked
		onlyLooks bool
		parts     int
		removed   int
	}{
		"between two looks": {parts: 1, hook: func(then func()) hooked {
			return hooked{looks: func(string) { then() }}
		}},
		"between two looks that remove nothing": {parts: 1, onlyLooks: true, hook: func(then func()) hooked {
			return hooked{looks: func(string) { then() }}
		}},
		// A hundred go together, and the others after the next look at the rows.
		"while others go": {parts: 105, removed: 100, hook: func(then func()) hooked {
			return hooked{removes: func(string) error { then(); return nil }}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, d)
			for n := range test.parts {
				w.store(t, "videos/999/source", n, []byte("x"))
			}
			w.age(t, old)
			before := len(w.keys(t, audit.Folder(w.folder)))
			var once sync.Once
			o := w.sweeping(test.hook(func() { once.Do(func() { w.exec(t, "video", upload) }) }))
			if test.onlyLooks {
				o.Remover = nil
			}
			report := run(t, o)
			wantViolations(t, report)
			if report.Removed != test.removed || before-len(w.keys(t, o.Objects)) != test.removed {
				t.Errorf("%d are removed, want %d", report.Removed, test.removed)
			}
			// Of many the first are named.
			if more := fmt.Sprintf("strays: so are %d more", test.removed-20); test.removed > 0 && !slices.Contains(report.Notes, more) {
				t.Errorf("no %q in %q", more, report.Notes)
			}
		})
	}
}
