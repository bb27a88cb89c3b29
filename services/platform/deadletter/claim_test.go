package deadletter_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// suspended is a handler that stops inside its first call, as if its program were
// suspended, and goes on when it is resumed.
type suspended struct {
	inside chan context.Context
	resume chan error
}

func newSuspended() suspended {
	return suspended{inside: make(chan context.Context, 1), resume: make(chan error)}
}

func (s suspended) handle(ctx context.Context, _ string, _ cloudevent.Event) error {
	s.inside <- ctx
	return <-s.resume
}

// replayIn replays all letters in the background.
func replayIn(t *testing.T, db *sqlx.DB, handle deadletter.Handler, o deadletter.Options) chan deadletter.Result {
	t.Helper()
	ended := make(chan deadletter.Result, 1)
	go func() {
		result, err := deadletter.NewReplayer(db, handle, o).Replay(context.WithoutCancel(t.Context()), deadletter.Filter{})
		if err != nil {
			t.Error(err)
		}
		ended <- result
	}()
	return ended
}

// A Replayer that is suspended for longer than its lease changes nothing of a
// letter that another Replayer has claimed since: neither its request nor the
// claim, and it does not delete it.
func TestASuspendedReplayerLeavesTheLetterToItsSuccessor(t *testing.T) {
	for name, outcome := range map[string]error{"failure": errors.New("late"), "success": nil} {
		t.Run(name, func(t *testing.T) {
			db := newDB(t)
			store(t, db, payload(t, event("e1")))
			first, second := newSuspended(), newSuspended()
			firstEnded := replayIn(t, db, first.handle, deadletter.Options{Lease: 200 * time.Millisecond})
			<-first.inside
			eventually(t, "the end of the lease", func() bool {
				return rows(t, db, "SELECT 1 FROM dead_letters WHERE claimed_until_ms < "+sqldb.NowMS) != ""
			})
			secondEnded := replayIn(t, db, second.handle, deadletter.Options{})
			<-second.inside
			before := rows(t, db, "SELECT * FROM dead_letters")

			first.resume <- outcome
			if result := <-firstEnded; result.Replayed != 0 {
				t.Errorf("the suspended Replayer reports %+v", result)
			}
			if after := rows(t, db, "SELECT * FROM dead_letters"); after != before {
				t.Errorf("the suspended Replayer changed\n%sinto\n%s", before, after)
			}
			second.resume <- nil
			if result := <-secondEnded; result.Replayed != 1 || len(all(t, db)) != 0 {
				t.Errorf("its successor reports %+v", result)
			}
		})
	}
}

// The handler's time ends before the lease does, whatever the options say.
func TestNoHandlerOutlivesItsLease(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("e1")))
	h := newSuspended()
	begin := time.Now()
	ended := replayIn(t, db, h.handle, deadletter.Options{Lease: 4 * time.Second, Timeout: time.Hour})
	ctx := <-h.inside
	if deadline, ok := ctx.Deadline(); !ok || deadline.After(begin.Add(3*time.Second)) {
		t.Errorf("the handler may take until %v after the claim", deadline.Sub(begin))
	}
	h.resume <- nil
	<-ended
}

// A letter that cannot be read keeps its request, and the attempt does not count.
func TestADatabaseErrorIsNoFailureOfTheHandler(t *testing.T) {
	db := newDB(t)
	store(t, db, payload(t, event("e1")))
	execute(t, db, "ALTER TABLE dead_letters RENAME COLUMN payload TO hidden")
	h := &handled{}
	replayer := deadletter.NewReplayer(db, h.handle, deadletter.Options{})
	execute(t, db, "UPDATE dead_letters SET requested_at_ms = 1")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- replayer.Run(ctx) }()
	eventually(t, "the letter was claimed and released", func() bool {
		return rows(t, db, "SELECT 1 FROM dead_letters WHERE last_error <> '' AND claimed_until_ms = 0") != ""
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	execute(t, db, "ALTER TABLE dead_letters RENAME COLUMN hidden TO payload")
	if l := all(t, db)[0]; l.RequestedMS == nil || l.Replays != 0 {
		t.Errorf("letter %+v, want a request and no replay", l)
	}
	runUntil(t, db, h.handle, func() bool { return len(all(t, db)) == 0 })
}
