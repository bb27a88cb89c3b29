package mysql_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/platform/groupcommit"
)

// generator makes messages between three users, half of them with one of a few
// request ids, and with clocks that disagree.
type generator struct {
	random *rand.Rand
	lastID int64
	prefix string // of request ids
}

func (g *generator) batch() []chat.Write {
	writes := make([]chat.Write, g.random.IntN(12)+1)
	for i := range writes {
		g.lastID++
		from := g.random.Int64N(3) + 1
		m := chat.Message{
			ID: g.lastID, FromUserID: from, ToUserID: (from+g.random.Int64N(2))%3 + 1, // never the sender
			Content: fmt.Sprint("text ", g.lastID), CreatedAtMS: baseMS + g.random.Int64N(1_000),
		}
		if g.random.IntN(2) == 0 {
			m.RequestID = fmt.Sprint(g.prefix, g.random.IntN(40))
		}
		writes[i] = chat.Write{Message: m, TraceParent: fmt.Sprint("trace-", g.lastID)}
	}
	return writes
}

// Random batches return the messages and write the events of the same messages one
// after the other.
func TestABatchEqualsASequence(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			db := newDB(t)
			store, model := mysql.New(db, func() {}), fake.NewStore()
			g := &generator{random: rand.New(rand.NewPCG(seed, 1)), prefix: "r"} //nolint:gosec // reproducible
			var traces []string
			for n := range 40 {
				writes := g.batch()
				got, err := store.Append(t.Context(), writes)
				if err != nil {
					t.Fatal(err)
				}
				for i, w := range writes {
					one, err := model.Append(t.Context(), []chat.Write{w})
					if err != nil {
						t.Fatal(err)
					}
					if got[i] != one[0] {
						t.Errorf("batch %d, message %d: %+v, want %+v", n, i, got[i], one[0])
					}
					if one[0].ID == w.Message.ID {
						traces = append(traces, w.TraceParent)
					}
				}
			}
			var events []string
			if err := db.SelectContext(t.Context(), &events, "SELECT traceparent FROM outbox ORDER BY id"); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(events, traces) {
				t.Errorf("the events have the traces\n%v, want\n%v", events, traces)
			}
			for _, pair := range [][2]int64{{1, 2}, {1, 3}, {2, 3}} {
				got, err := store.Newest(t.Context(), pair[0], pair[1], math.MaxInt32)
				if err != nil {
					t.Fatal(err)
				}
				want, err := model.Newest(t.Context(), pair[0], pair[1], math.MaxInt32)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("conversation %v: %+v\nwant %+v, %v", pair, got, want, err)
				}
			}
			wantConsistent(t, db)
		})
	}
}

// Two replicas apply random batches to the same conversations, also with the same
// request ids.
func TestBatchesOfTwoReplicas(t *testing.T) {
	db := newDB(t)
	var sending sync.WaitGroup
	for replica := range int64(2) {
		store := mysql.New(db, func() {})
		for worker := range int64(3) {
			sending.Go(func() {
				g := &generator{
					random: rand.New(rand.NewPCG(uint64(replica), uint64(worker))), //nolint:gosec // reproducible
					lastID: 10_000 * (10*replica + worker + 1), prefix: "r",
				}
				for range 40 {
					writes := g.batch()
					messages, err := store.Append(t.Context(), writes)
					if err != nil {
						t.Errorf("Append: %v", err)
						continue
					}
					for i, m := range messages {
						if w := writes[i].Message; m.ID != w.ID && (w.RequestID == "" || m.RequestID != w.RequestID || m.FromUserID != w.FromUserID) {
							t.Errorf("message %+v was answered with %+v", w, m)
						}
					}
				}
			})
		}
	}
	sending.Wait()
	wantConsistent(t, db)
	if n := count(t, db, `SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE request_id IS NOT NULL
		GROUP BY low_id, high_id, from_id, request_id HAVING COUNT(*) > 1) r`); n > 0 {
		t.Errorf("%d request ids have several messages", n)
	}
}

// A message that the database refuses fails alone.
func TestAnInvalidMessageFailsAlone(t *testing.T) {
	db := newDB(t)
	queue := groupcommit.New(mysql.New(db, func() {}).Append, groupcommit.Options{})
	var sending sync.WaitGroup
	for id := int64(1); id <= 20; id++ {
		sending.Go(func() {
			m := chat.Message{ID: id, FromUserID: id%2 + 1, ToUserID: 2 - id%2, Content: "x", CreatedAtMS: baseMS}
			if id == 7 {
				m.Content = strings.Repeat("x", 501)
			}
			if _, err := queue.Do(t.Context(), chat.Write{Message: m}); (err != nil) != (id == 7) {
				t.Errorf("message %d: %v", id, err)
			}
		})
	}
	sending.Wait()
	if n := count(t, db, "SELECT last_seq FROM conversations"); n != 19 {
		t.Errorf("%d messages, want 19", n)
	}
	wantConsistent(t, db)
}
