package opsharness

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
)

// rows are statements by service. They insert three users who publish, like,
// comment, follow and write, with the counters, activities and positions that
// result.
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
			`INSERT INTO places VALUES ('S2', 1, 1003, 1002, 1001, 1000)`,
		},
	}
}

// Data is a consistent data set: rows in all databases, and a folder with the
// objects that they name.
type Data struct {
	Databases
	Folder string
}

// NewData clears the databases and fills them.
func NewData(t testing.TB, d Databases) *Data {
	t.Helper()
	d.Clear(t)
	data := &Data{Databases: d, Folder: t.TempDir()}
	for service, statements := range rows() {
		for _, statement := range statements {
			data.Exec(t, service, statement)
		}
	}
	for _, v := range Videos() {
		data.insertVideo(t, v)
	}
	for key, bytes := range contents() {
		for n, chunk := range slices.Collect(slices.Chunk(bytes, partSize)) {
			data.Store(t, key, n, chunk)
		}
	}
	data.Store(t, "videos/104/2/cover", 0, []byte("half"))
	data.Store(t, "videos/105/source", 1, []byte("left"))
	data.Store(t, "videos/110/source", 0, []byte("half"))
	return data
}

const partSize = 4

// PublishedAt is the time of publication of a video, in Unix ms, ascending with
// the id.
func PublishedAt(id int64) int64 { return 1_700_000_000_000 + id }

// ShownAt is the time of a video in the feed, some seconds after its publication.
func ShownAt(id int64) int64 { return PublishedAt(id) + 5_000 }

// Store writes a part in the format of the system's object store.
func (d *Data) Store(t testing.TB, key string, n int, payload []byte) {
	t.Helper()
	part := []byte{0, 'D', 'Y', 1}
	part = binary.BigEndian.AppendUint32(part, uint32(len(payload)))
	part = binary.BigEndian.AppendUint32(part, crc32.Checksum(payload, crc32.MakeTable(crc32.Castagnoli)))
	path := d.Part(key, n)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(part, payload...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Part is the file of a part.
func (d *Data) Part(key string, n int) string {
	return filepath.Join(d.Folder, filepath.FromSlash(key), fmt.Sprintf("%06d", n))
}

// Age sets the time of modification of all stored objects.
func (d *Data) Age(t testing.TB, age time.Duration) {
	t.Helper()
	modified := time.Now().Add(-age)
	for _, key := range Keys(t, storage.Folder(d.Folder)) {
		if err := os.Chtimes(filepath.Join(d.Folder, filepath.FromSlash(key)), modified, modified); err != nil {
			t.Fatal(err)
		}
	}
}

// Keys are the keys of everything in a store, in order.
func Keys(t testing.TB, store storage.Reader) []string {
	t.Helper()
	items, err := store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = item.Key
	}
	slices.Sort(keys)
	return keys
}
