package deadletter_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

func TestStoreKeepsEachMessageOnceAndUnchanged(t *testing.T) {
	db := newDB(t)
	garbage := []byte("\x00\xff not even text")
	foreign := []byte(`{"id": "` + strings.Repeat("x", 101) + `", "type": "t", "data": 1}`)
	for range 2 {
		store(t, db, payload(t, event("e1")), garbage, payload(t, event("e2")), foreign, nil)
	}
	letters := all(t, db)
	if len(letters) != 5 {
		t.Fatalf("%d letters, want 5", len(letters))
	}
	get := func(i int) deadletter.Letter {
		t.Helper()
		letter, err := deadletter.Get(t.Context(), db, letters[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		if int(letters[i].PayloadLength) != len(letter.Payload) {
			t.Errorf("length %d of %q", letters[i].PayloadLength, letter.Payload)
		}
		return letter
	}
	first := get(0)
	if first.EventID != "e1" || first.SourceTopic != "thing.happened" || first.Topic != topic ||
		string(first.Payload) != string(payload(t, event("e1"))) || time.Since(time.UnixMilli(first.ReceivedMS)) > time.Minute {
		t.Errorf("letter %+v", first)
	}
	for i, want := range map[int][]byte{1: garbage, 3: foreign, 4: {}} {
		if got := get(i); string(got.Payload) != string(want) || got.SourceTopic != "" {
			t.Errorf("letter %+v, want payload %q and no topic", got, want)
		}
	}
	if _, err := deadletter.Get(t.Context(), db, 1<<40); errs.CodeOf(err) != errs.NotFound {
		t.Errorf("an absent letter: %v, want not found", err)
	}
}

func TestFilters(t *testing.T) {
	db := newDB(t)
	other := event("e2")
	other.Type = "thing.ended"
	store(t, db, payload(t, event("e1")), payload(t, other), payload(t, event("e3")), []byte("garbage"))
	execute(t, db, "UPDATE dead_letters SET received_at_ms = id * 1000")
	first := all(t, db)[0].ID
	at := func(n int64) time.Time { return time.UnixMilli((first + n) * 1000) }
	for name, test := range map[string]struct {
		filter deadletter.Filter
		want   []int64 // positions
	}{
		"all":             {deadletter.Filter{}, []int64{0, 1, 2, 3}},
		"ids":             {deadletter.Filter{IDs: []int64{first + 2, first, 1 << 40}}, []int64{0, 2}},
		"topic":           {deadletter.Filter{Topic: "thing.happened"}, []int64{0, 2}},
		"since":           {deadletter.Filter{Since: at(2)}, []int64{2, 3}},
		"until":           {deadletter.Filter{Until: at(2)}, []int64{0, 1}},
		"limit":           {deadletter.Filter{Limit: 3}, []int64{0, 1, 2}},
		"all at once":     {deadletter.Filter{IDs: []int64{first, first + 1, first + 2}, Topic: "thing.happened", Since: at(0), Until: at(3), Limit: 1}, []int64{0}},
		"nothing matches": {deadletter.Filter{Topic: "nothing"}, nil},
	} {
		letters := list(t, db, test.filter)
		got := make([]int64, 0, len(letters))
		for _, l := range letters {
			got = append(got, l.ID-first)
		}
		if len(got) != len(test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s: %v, want %v", name, got, test.want)
			}
		}
	}
}

func TestDiscard(t *testing.T) {
	db := newDB(t)
	store(t, db, []byte("garbage"), payload(t, event("e1")))
	id := all(t, db)[0].ID
	for _, want := range []int64{1, 0} {
		if n, err := deadletter.Discard(t.Context(), db, []int64{id}); err != nil || n != want {
			t.Errorf("discarded %d, %v; want %d", n, err, want)
		}
	}
	if left := all(t, db); len(left) != 1 || left[0].EventID != "e1" {
		t.Errorf("left %+v, want e1", left)
	}
	if n, err := deadletter.Discard(t.Context(), db, nil); n != 0 || err != nil {
		t.Errorf("discarding nothing: %d, %v", n, err)
	}
}

// The table as versions without replays created it, with a letter in it.
const earlierTable = `CREATE TABLE dead_letters (
	id             BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	event_id       VARCHAR(100) NOT NULL,
	topic          VARCHAR(100) NOT NULL,
	source_topic   VARCHAR(100) NOT NULL,
	payload        MEDIUMBLOB NOT NULL,
	received_at_ms BIGINT NOT NULL,
	UNIQUE KEY event_topic (event_id, topic)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

func TestEnsureBringsAnEarlierTableUpToDate(t *testing.T) {
	db := sqltest.New(t, nil)
	if current, err := deadletter.IsCurrent(t.Context(), db); current || err != nil {
		t.Errorf("without a table: %t, %v", current, err)
	}
	execute(t, db, earlierTable)
	execute(t, db, "INSERT INTO dead_letters (event_id, topic, source_topic, payload, received_at_ms) VALUES ('e1', ?, 'thing.happened', ?, 7)",
		topic, payload(t, event("e1")))
	if current, err := deadletter.IsCurrent(t.Context(), db); current || err != nil {
		t.Errorf("the earlier table: %t, %v", current, err)
	}
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() {
			if err := deadletter.Ensure(context.WithoutCancel(t.Context()), db); err != nil {
				t.Error(err)
			}
		})
	}
	replicas.Wait()
	if current, err := deadletter.IsCurrent(t.Context(), db); !current || err != nil {
		t.Errorf("afterwards: %t, %v", current, err)
	}
	letters := all(t, db)
	if len(letters) != 1 || letters[0].EventID != "e1" || letters[0].ReceivedMS != 7 || letters[0].Replays != 0 || letters[0].RequestedMS != nil {
		t.Errorf("letters %+v", letters)
	}
	store(t, db, payload(t, event("e2")))

	created := newDB(t)
	for _, query := range []string{"SHOW COLUMNS FROM dead_letters", "SHOW INDEX FROM dead_letters WHERE Key_name = 'requested'"} {
		if changed, fresh := rows(t, db, query), rows(t, created, query); changed != fresh {
			t.Errorf("%s:\n%s\nwant as in a new table\n%s", query, changed, fresh)
		}
	}
}
