package mysql_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// published is an event as the outbox stores it.
type published struct {
	Topic   string `db:"topic"`
	Subject string `db:"subject"`
	Version int64  `db:"version"`
	Data    string `db:"data"`
}

func events(t *testing.T, db *sqlx.DB) []published {
	t.Helper()
	var all []published
	if err := db.SelectContext(t.Context(), &all, "SELECT topic, subject, version, data FROM outbox ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	for i := range all { // the blanks in the JSON of protobuf vary
		all[i].Data = strings.ReplaceAll(all[i].Data, " ", "")
	}
	return all
}

func publish(t *testing.T, store *mysql.Store, id, author int64) {
	t.Helper()
	u := video.Upload{VideoID: id, AuthorID: author, ObjectKey: "k", PartSize: 1, MaxSize: 1}
	if _, err := store.Begin(t.Context(), author, video.Allowance{OpenUploads: 100, Waiting: 100}, func(int64) video.Upload { return u }); err != nil {
		t.Fatal(err)
	}
	_, err := store.Publish(t.Context(), id, func(video.Upload, int64) (video.Video, error) {
		return video.Video{
			ID: id, AuthorID: author, Title: "x", PublishedAtMs: 1_000, State: video.StateUploaded, Version: 1,
			Source: video.Object{Key: "k", Size: 1, PartSize: 1, SHA256: sha256.Sum256(nil), ContentType: "video/mp4"},
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A change with an event writes it in its transaction and wakes the relay. A change
// without an event and a refused change do neither.
func TestEvents(t *testing.T) {
	db := newDB(t)
	woken := 0
	store := mysql.New(db, func() { woken++ })
	publish(t, store, 1, 7)
	change := func(id int64, how func(*video.Lifecycle) error) error {
		return store.UpdateLifecycle(t.Context(), id, how)
	}
	emit := func(e video.Event, how func(*video.Lifecycle)) func(*video.Lifecycle) error {
		return func(c *video.Lifecycle) error {
			c.Event = e
			c.Video.Version++
			how(c)
			return nil
		}
	}
	refused := fmt.Errorf("refused")
	for _, err := range []error{
		change(1, func(c *video.Lifecycle) error { c.Job.Attempt++; return nil }),
		change(1, emit(video.EventReady, func(c *video.Lifecycle) { c.Video.State, c.Video.ShownAtMs = video.StateReady, 1_000 })),
		change(1, emit(video.EventDeleted, func(c *video.Lifecycle) { c.DeletedAtMs, c.Job = 1, nil })),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	publish(t, store, 2, 8)
	err := change(2, func(c *video.Lifecycle) error { c.Event = video.EventReady; return refused })
	if err == nil {
		t.Error("not refused")
	}
	found, err := store.UpdateNextDue(t.Context(), emit(video.EventFailed, func(c *video.Lifecycle) {
		c.Video.State, c.Video.FailureReason, c.Video.FailedAtMs = video.StateFailed, videov1.FailureCodec, 5
		c.Job = nil
	}))
	if err != nil || !found {
		t.Fatalf("%v, %v", found, err)
	}
	want := []published{
		{"video.uploaded", "video:1", 1, `{"videoId":"1","authorId":"7"}`},
		{"video.ready", "video:1", 2, `{"videoId":"1","authorId":"7"}`},
		{"video.deleted", "video:1", 3, `{"videoId":"1","authorId":"7"}`},
		{"video.uploaded", "video:2", 1, `{"videoId":"2","authorId":"8"}`},
		{"video.failed", "video:2", 2, `{"videoId":"2","authorId":"8","failureReason":"VIDEO_CODEC"}`},
	}
	if got := events(t, db); !slices.Equal(got, want) {
		t.Errorf("published %+v\nwant %+v", got, want)
	}
	if woken != len(want) {
		t.Errorf("the relay was woken %d times, want %d", woken, len(want))
	}
}
