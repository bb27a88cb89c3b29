package outbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"regexp"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// A real broker behind a real sidecar; the broker stops answering halfway.
func TestOverASidecar(t *testing.T) {
	const subjects, versions = 100, 20
	db := newDB(t)
	redis := daprtest.StartRedis(t)
	sidecar, err := daprx.Dial(daprx.Options{
		Address: daprtest.Start(t, daprtest.Options{AppID: "app", Components: []string{fmt.Sprintf(`
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: pubsub}
spec:
  type: pubsub.redis
  version: v1
  metadata:
    - {name: redisHost, value: %q}
`, redis.Address)}}).Address,
		CallTimeout: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sidecar.Close(); err != nil {
			t.Error(err)
		}
	})

	commitAll := func(from, to int64) {
		for v := from; v <= to; v++ {
			var events []outbox.Event
			for s := range subjects {
				events = append(events, event("t.things", fmt.Sprintf("s%d", s), v))
			}
			commit(t, db, events...)
		}
	}
	commitAll(1, versions/2)
	log := &lines{}
	relay := start(t, db, sidecar.Publisher("pubsub"), outbox.Options{
		Source: "app", Backoff: 100 * time.Millisecond, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	began := time.Now()
	sqltest.Eventually(t, "the first half is published", func() bool { return waiting(t, db) == 0 })
	t.Logf("%d events in %v", subjects*versions/2, time.Since(began))
	if got := stream(t, redis.Address, "t.things"); len(got) != subjects*versions/2 {
		t.Errorf("%d events in the stream, want %d", len(got), subjects*versions/2)
	}

	redis.Hang()
	commitAll(versions/2+1, versions)
	relay.Wake()
	sqltest.Eventually(t, "publishing fails", func() bool { return log.count("publish failed") == 1 })
	if n := waiting(t, db); n != subjects*versions/2 {
		t.Errorf("%d events are kept, want the second half", n)
	}
	redis.Resume()
	sqltest.Eventually(t, "the second half is published", func() bool { return waiting(t, db) == 0 })

	// After a failure an event may be there twice, but under one id, and its first
	// copy comes before later events of its subject.
	ids := map[string]string{}
	duplicates := 0
	last := map[string]int64{}
	for _, e := range stream(t, redis.Address, "t.things") {
		name := fmt.Sprintf("%s version %d", e.Subject, e.Version)
		if id, again := ids[name]; again {
			if id != e.ID {
				t.Errorf("%s has two ids", name)
			}
			duplicates++
			continue
		}
		ids[name] = e.ID
		if e.Version != last[e.Subject]+1 {
			t.Fatalf("%s came after version %d", name, last[e.Subject])
		}
		last[e.Subject] = e.Version
	}
	t.Logf("%d events arrived twice", duplicates)
	if len(ids) != subjects*versions {
		t.Errorf("%d events arrived, want %d", len(ids), subjects*versions)
	}
}

// stream reads the events of a topic from the broker, in its order.
func stream(t *testing.T, address, topic string) []cloudevent.Event {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "XRANGE %s - +\r\nQUIT\r\n", topic); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	var events []cloudevent.Event
	for _, text := range regexp.MustCompile(`(?m)^\{.*"specversion".*\}\r?$`).FindAll(answer, -1) {
		var e cloudevent.Event
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}
