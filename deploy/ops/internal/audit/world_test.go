package audit_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
)

// Small patience: nothing is on its way in most tests.
const (
	settle    = 200 * time.Millisecond
	staleness = 200 * time.Millisecond
)

// Rows of three users who publish, like, comment, follow and write, with
// everything that follows from it.
func rows() map[string][]string {
	return map[string][]string{
		"user": {
			`INSERT INTO users VALUES (1, 'Amy', 'amy', '', '', '', 1000), (2, 'bob', 'bob', '', '', 'hi', 2000), (3, '猫', '猫', '', '', '', 3000)`,
			`INSERT INTO credentials VALUES (1, 'h'), (2, 'h'), (3, 'h')`,
			`INSERT INTO sessions VALUES ('S1', 1, 1000), ('S2', 2, 2000)`,
			`INSERT INTO activities (user_id, id, subject, version, present, kind, actor_id, video_id, comment_id, excerpt, occurred_at_ms, event_id) VALUES
				(2, 1, 'like:1:103', 1, TRUE, 1, 1, 103, 0, '', 1000, 'E1'),
				(1, 1, 'like:2:101', 3, TRUE, 1, 2, 101, 0, '', 1000, 'E2'),
				(1, 2, 'like:2:102', 2, FALSE, 1, 2, 102, 0, '', 1000, 'E3'),
				(1, 3, 'like:3:101', 1, TRUE, 1, 3, 101, 0, '', 1000, 'E4'),
				(1, 4, 'comment:201', 1, TRUE, 2, 2, 101, 201, 'nice', 1000, 'E5'),
				(1, 5, 'comment:202', 2, FALSE, 2, 3, 101, 202, '', 1000, 'E6'),
				(2, 2, 'follow:1:2', 1, TRUE, 3, 1, 0, 0, '', 1000, 'E7'),
				(1, 6, 'follow:2:1', 1, TRUE, 3, 2, 0, 0, '', 1000, 'E8'),
				(1, 7, 'follow:3:1', 3, TRUE, 3, 3, 0, 0, '', 1000, 'E9'),
				(2, 3, 'like:1:106', 2, FALSE, 1, 1, 106, 0, '', 1000, 'E11'),
				(2, 4, 'comment:203', 2, FALSE, 2, 1, 106, 203, '', 1000, 'E12'),
				(3, 1, 'follow:1:3', 2, FALSE, 3, 1, 0, 0, '', 1000, 'E10')`,
			`INSERT INTO activity_marks VALUES (1, 7, 4), (2, 4, 0), (3, 1, 1)`,
		},
		"video": {
			`INSERT INTO authors VALUES (1, 2), (2, 1), (3, 0)`,
			`INSERT INTO uploads (video_id, author_id, object_key, part_size, max_size, aborting, expires_at_ms, due_at_ms)
				VALUES (110, 3, 'videos/110/source', 4, 100, FALSE, 9000, 9000)`,
			`INSERT INTO jobs (video_id, attempt, tries, progress, due_at_ms) VALUES (104, 2, 2, 50, 9000)`,
			`INSERT INTO outputs (video_id, attempt, layout, extents) VALUES
				(101, 1, 0, '[{"key":"videos/101/1/cover","parts":2}]'), (102, 1, 0, '[{"key":"videos/102/1/cover","parts":2}]'),
				(103, 1, 0, '[{"key":"videos/103/1/cover","parts":2},{"key":"videos/103/1/play","parts":9},{"key":"videos/103/1/hls/index","parts":90},{"key":"videos/103/1/hls/720/init","parts":9},{"key":"videos/103/1/hls/720/00000","parts":9}]'),
				(104, 2, 0, '[{"key":"videos/104/2/cover","parts":2}]')`,
			`INSERT INTO removals (video_id, layout, extents, due_at_ms) VALUES (105, 0, '[{"key":"videos/105/source","parts":3}]', 9000)`,
			`INSERT INTO deleted_videos (video_id, author_id, deleted_at_ms) VALUES (106, 2, 1000)`,
		},
		"interaction": {
			`INSERT INTO likes VALUES (1, 101, 1, TRUE, 1, 1000), (1, 103, 2, TRUE, 1, 2000),
				(2, 101, 1, TRUE, 3, 1000), (2, 102, 1, FALSE, 2, 1000), (3, 101, 1, TRUE, 1, 1000), (1, 106, 2, FALSE, 2, 1000)`,
			`INSERT INTO comments VALUES (201, 101, 1, 2, 'nice', NULL, 1000, FALSE), (202, 101, 1, 3, '', NULL, 1000, TRUE), (203, 106, 2, 1, '', NULL, 1000, TRUE)`,
			`INSERT INTO video_counts (video_id, likes, comments, gone) VALUES (101, 3, 1, FALSE), (102, 0, 0, FALSE), (103, 1, 0, FALSE), (106, 0, 0, TRUE)`,
			`INSERT INTO user_counts VALUES (1, 2, 3), (2, 1, 1), (3, 1, 0)`,
		},
		"relation": {
			`INSERT INTO follows VALUES (1, 2, TRUE, 1, 1000), (2, 1, TRUE, 1, 2000), (3, 1, TRUE, 3, 1000), (1, 3, FALSE, 2, 1000)`,
			`INSERT INTO counts VALUES (1, 1, 2), (2, 1, 1), (3, 1, 0)`,
		},
		"chat": {
			`INSERT INTO conversations VALUES (1, 2, 3, 1003, 303, 1, 'bye')`,
			`INSERT INTO messages VALUES (1, 2, 1, 301, 1, 'hello', NULL, 1001), (1, 2, 2, 302, 2, 'hi', NULL, 1002), (1, 2, 3, 303, 1, 'bye', NULL, 1003)`,
			`INSERT INTO places VALUES ('S2', 1, 1003, 1000)`,
		},
	}
}

// world is a data set with all that is shown of it; every promise is kept until
// a test breaks one.
type world struct {
	databases
	hot    *hotFake
	api    *apiFake
	folder string
}

func newWorld(t *testing.T, d databases) *world {
	t.Helper()
	d.emptied(t)
	w := &world{databases: d, hot: newHotFake(t), api: newAPIFake(), folder: t.TempDir()}
	for service, statements := range rows() {
		for _, statement := range statements {
			w.exec(t, service, statement)
		}
	}
	for _, v := range videos() {
		w.publishVideo(t, v)
	}
	w.storeAll(t)
	w.store(t, "videos/104/2/cover", 0, []byte("half"))
	w.store(t, "videos/105/source", 1, []byte("left"))
	w.store(t, "videos/110/source", 0, []byte("half"))
	return w
}

const partSize = 4

// publishedAt puts videos in the order of their ids.
func publishedAt(id int64) int64 { return 1_700_000_000_000 + id }

// shownAt is the place in the feed, some time later.
func shownAt(id int64) int64 { return publishedAt(id) + 5_000 }

func (w *world) exec(t *testing.T, service, statement string, args ...any) {
	t.Helper()
	exec(t.Context(), t, w.dbs[service], statement, args...)
}

// store writes a part as the system's object store does.
func (w *world) store(t *testing.T, key string, n int, payload []byte) {
	t.Helper()
	part := []byte{0, 'D', 'Y', 1}
	part = binary.BigEndian.AppendUint32(part, uint32(len(payload)))
	part = binary.BigEndian.AppendUint32(part, crc32.Checksum(payload, crc32.MakeTable(crc32.Castagnoli)))
	path := w.part(key, n)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(part, payload...), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) part(key string, n int) string {
	return filepath.Join(w.folder, filepath.FromSlash(key), fmt.Sprintf("%06d", n))
}

// onlyRows audits nothing but the databases.
func (w *world) onlyRows() audit.Options {
	return audit.Options{DSNs: w.dsns, Settle: settle, Staleness: staleness}
}

// everything audits all there is.
func (w *world) everything() audit.Options {
	o := w.onlyRows()
	o.Hot, o.API, o.Objects = w.hot, w.api, audit.Folder(w.folder)
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
