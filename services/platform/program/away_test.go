package program_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// arrivals writes events into the broker, past the sidecar, and counts them.
type arrivals struct {
	s *harness
	n int
}

// during writes some events every 20 ms for a time.
func (a *arrivals) during(t *testing.T, d time.Duration) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); <-tick.C {
		a.n++
		text, err := json.Marshal(event(fmt.Sprintf("arrival-%d", a.n)))
		if err != nil {
			t.Fatal(err)
		}
		a.s.publishRaw(t, string(text))
	}
}

// A sidecar that is suspended, killed or ended in the middle of deliveries delays
// events. Each has its effect afterwards, and none becomes a dead letter.
func TestNoDeadLetterWhileTheSidecarIsAway(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.start(t, nil)
	sqltest.Eventually(t, "the tables exist", func() bool { return s.letters(t) == 0 })
	a := &arrivals{s: s}
	a.during(t, time.Second)
	restart := func(leave func()) {
		leave()
		a.during(t, time.Second)
		s.sidecar.Kill()
		s.sidecar = daprtest.StartAt(t, s.options, s.config.DaprGRPCPort)
		a.during(t, time.Second)
	}
	for _, held := range []time.Duration{time.Second, 4 * time.Second} {
		s.sidecar.Suspend()
		a.during(t, held)
		s.sidecar.Resume()
		a.during(t, time.Second)
	}
	restart(s.sidecar.Terminate)
	restart(s.sidecar.Kill)
	restart(func() {
		s.sidecar.Suspend()
		a.during(t, 2*time.Second)
		s.sidecar.Terminate()
		s.sidecar.Resume()
	})
	sqltest.Eventually(t, "all effects exist", func() bool {
		return s.count(t, "SELECT COUNT(DISTINCT subject) FROM effects WHERE subject LIKE 'arrival-%'") == a.n
	})
	if n := s.count(t, "SELECT COUNT(*) FROM effects"); n != a.n {
		t.Errorf("%d effects of %d events", n, a.n)
	}
	if n := s.streamLength(t, deadLetters); n != 0 {
		t.Errorf("%d events went to the dead letter topic", n)
	}
}
