package mysql_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/storetest"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

const baseMS = 1_772_366_400_000

func newDB(t *testing.T) *sqlx.DB {
	t.Helper()
	return sqltest.New(t, mysql.Migrations(), outbox.Ensure)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return mysql.New(newDB(t), func() {}) })
}

// event is one row of the outbox.
type event struct {
	Topic   string `db:"topic"`
	Subject string `db:"subject"`
	Version int64  `db:"version"`
	Data    string `db:"data"`
}

func TestEachMessageHasOneEvent(t *testing.T) {
	db := newDB(t)
	var woken atomic.Int64
	store := mysql.New(db, func() { woken.Add(1) })
	for i, id := range []int64{1, 2, 3} { // the second is a repetition of the first
		from, request := int64(20), "r"
		if i == 2 {
			from, request = 10, ""
		}
		_, err := storetest.Append(t.Context(), store, chat.Message{
			ID: id, FromUserID: from, ToUserID: 30 - from, Content: "hi", RequestID: request, CreatedAtMS: baseMS,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []event
	if err := db.SelectContext(t.Context(), &got, "SELECT topic, subject, version, data FROM outbox ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	for i := range got { // protojson adds spaces at random
		got[i].Data = string(slices.DeleteFunc([]byte(got[i].Data), func(b byte) bool { return b == ' ' }))
	}
	want := []event{
		{eventv1.TopicMessageSent, "chat:10:20", 1, `{"messageId":"1","fromUserId":"20","toUserId":"10","seq":"1","createdAtMs":"1772366400000","content":"hi"}`},
		{eventv1.TopicMessageSent, "chat:10:20", 2, `{"messageId":"3","fromUserId":"10","toUserId":"20","seq":"2","createdAtMs":"1772366400001","content":"hi"}`},
	}
	if !slices.Equal(got, want) {
		t.Errorf("events %+v\nwant %+v", got, want)
	}
	if woken.Load() != 2 {
		t.Errorf("the relay was woken %d times", woken.Load())
	}
}

func count(t *testing.T, db *sqlx.DB, query string) int64 {
	t.Helper()
	var n int64
	if err := db.GetContext(t.Context(), &n, query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// Both sides of two conversations write concurrently, and each message is sent
// twice, as by a client that got no answer.
func TestConcurrentWritersGetNumbersWithoutGapsAndOneEventPerMessage(t *testing.T) {
	db := newDB(t)
	store := mysql.New(db, func() {})
	const writers, each = 8, 15
	var group sync.WaitGroup
	for writer := range int64(writers) {
		group.Go(func() {
			for n := range int64(each) {
				message := chat.Message{
					ID: writer*1_000 + n*2 + 1, FromUserID: 1 + writer%2, ToUserID: 2 - writer%2, Content: "x",
					RequestID: string(rune('a'+writer)) + string(rune('a'+n)), CreatedAtMS: baseMS,
				}
				if writer >= writers/2 {
					message.ToUserID = 9
				}
				first, err := storetest.Append(t.Context(), store, message)
				if err != nil {
					t.Errorf("Append: %v", err)
				}
				message.ID++
				if again, err := storetest.Append(t.Context(), store, message); err != nil || again != first {
					t.Errorf("repeated: %+v, %v; first %+v", again, err, first)
				}
			}
		})
	}
	group.Wait()
	if n := count(t, db, "SELECT COUNT(*) FROM messages"); n != writers*each {
		t.Errorf("%d messages", n)
	}
	wantConsistent(t, db)
}

// wantConsistent compares numbers, times, conversations and events with each other.
func wantConsistent(t *testing.T, db *sqlx.DB) {
	t.Helper()
	for what, query := range map[string]string{
		"messages whose number does not follow the previous one": `SELECT COUNT(*) FROM (SELECT seq,
			COALESCE(LAG(seq) OVER (PARTITION BY low_id, high_id ORDER BY seq), 0) AS before_it FROM messages) m WHERE seq <> before_it + 1`,
		"messages whose time is not after the previous one": `SELECT COUNT(*) FROM (SELECT created_at_ms,
			COALESCE(LAG(created_at_ms) OVER (PARTITION BY low_id, high_id ORDER BY seq), 0) AS before_it FROM messages) m WHERE created_at_ms <= before_it`,
		"conversations without their newest message": `SELECT COUNT(*) FROM conversations c
			JOIN (SELECT low_id, high_id, MAX(seq) AS seq FROM messages GROUP BY low_id, high_id) n USING (low_id, high_id)
			JOIN messages m ON m.low_id = n.low_id AND m.high_id = n.high_id AND m.seq = n.seq
			WHERE c.last_seq <> m.seq OR c.last_ms <> m.created_at_ms OR c.last_id <> m.id OR c.last_from_id <> m.from_id`,
		"messages without exactly one event": `SELECT COUNT(*) FROM messages m WHERE 1 <> (SELECT COUNT(*) FROM outbox o
			WHERE o.subject = CONCAT('chat:', m.low_id, ':', m.high_id) AND o.version = m.seq)`,
		"events whose version does not follow the previous one": `SELECT COUNT(*) FROM (SELECT version,
			COALESCE(LAG(version) OVER (PARTITION BY subject ORDER BY id), 0) AS before_it FROM outbox) o WHERE version <> before_it + 1`,
	} {
		if wrong := count(t, db, query); wrong > 0 {
			t.Errorf("%s: %d", what, wrong)
		}
	}
}

func TestOldPositionsAreDeleted(t *testing.T) {
	db := newDB(t)
	store := mysql.New(db, func() {})
	reader := func(peer int64) chat.Reader {
		return chat.Reader{UserID: 1, PeerID: peer, SessionID: "01ARZ3NDEKTSV4RRFFQ69G5FAV"}
	}
	border := time.UnixMilli(baseMS)
	for peer, at := range map[int64]time.Time{2: border.Add(-time.Millisecond), 3: border, 4: border.Add(time.Hour)} {
		if err := store.SetDeliveryPosition(t.Context(), reader(peer), chat.DeliveryPosition{DeliveredMS: 1}, at); err != nil {
			t.Fatal(err)
		}
	}
	if pruned, err := store.PruneDeliveryPositions(t.Context(), border); err != nil || pruned != 1 {
		t.Errorf("deleted %d, %v", pruned, err)
	}
	for peer, want := range map[int64]bool{2: false, 3: true, 4: true} {
		if _, known, err := store.DeliveryPosition(t.Context(), reader(peer)); err != nil || known != want {
			t.Errorf("position with %d exists: %t, %v", peer, known, err)
		}
	}
}
