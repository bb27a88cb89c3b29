package outbox_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// hour is how many events a consumer may miss in the hour that it may be down.
const hour = 150_000

// streamLimit reads the limit of streams from the components of an environment.
func streamLimit(t *testing.T, environment string) string {
	t.Helper()
	text, err := os.ReadFile("../../../components/" + environment + "/pubsub.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`name: maxLenApprox\n\s+value: "(\d+)"`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s has no maxLenApprox", environment)
	}
	return string(found[1])
}

// commitMany writes n events of n subjects to a topic.
func commitMany(t *testing.T, db *sqlx.DB, topic string, n int) {
	t.Helper()
	const step = 1_000
	err := sqldb.InTx(t.Context(), db, func(ctx context.Context, tx sqldb.Handle) error {
		for first := 0; first < n; first += step {
			var events []outbox.Event
			for i := first; i < min(n, first+step); i++ {
				events = append(events, event(topic, fmt.Sprintf("s%d", i), 1))
			}
			if err := outbox.Add(ctx, tx, events...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Nobody reads the stream while the events of an hour are published. All of them are
// there afterwards, and all can be republished in case the broker loses them.
func TestTheEventsOfAnHourAreKept(t *testing.T) {
	limit := streamLimit(t, "local")
	if s3 := streamLimit(t, "s3"); s3 != limit {
		t.Errorf("streams are limited to %s entries with s3, and to %s locally", s3, limit)
	}
	db, redis := newDB(t), daprtest.StartRedis(t)
	sidecar, err := daprx.Dial(daprx.Options{Address: daprtest.Start(t, daprtest.Options{AppID: "app", Components: []string{fmt.Sprintf(`
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: pubsub}
spec:
  type: pubsub.redis
  version: v1
  metadata:
    - {name: redisHost, value: %q}
    - {name: maxLenApprox, value: %q}
`, redis.Address, limit)}}).Address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sidecar.Close() })

	commitMany(t, db, "t.things", hour)
	began := time.Now()
	relay := start(t, db, sidecar.Publisher("pubsub"), outbox.Options{Source: "app", BrokerMark: &fakeMark{}})
	for waiting(t, db) > 0 {
		if time.Since(began) > 80*time.Second {
			t.Fatalf("%d events are not published after %v", waiting(t, db), time.Since(began))
		}
		relay.Wake()
		<-time.After(100 * time.Millisecond)
	}
	t.Logf("%d events in %v", hour, time.Since(began).Round(time.Millisecond))
	relay.stop()
	if n := streamLength(t, redis.Address, "t.things"); n < hour {
		t.Errorf("%d events are in the stream, want %d", n, hour)
	}
	if n := kept(t, db); n != hour {
		t.Errorf("%d events can be republished, want %d", n, hour)
	}
}

func streamLength(t *testing.T, address, topic string) int {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "XLEN %s\r\n", topic); err != nil {
		t.Fatal(err)
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(answer, ":")))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
