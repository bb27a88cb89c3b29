package letters_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/letters"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// harness is two services with dead letters.
type harness struct {
	services letters.Services
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{}
	for _, name := range []string{"interaction", "user"} {
		db := sqltest.New(t, nil)
		if err := deadletter.Ensure(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		h.services = append(h.services, letters.Service{Name: name, DB: db})
	}
	return h
}

// store adds a letter of an event, or of garbage for an empty topic.
func (h *harness) store(t *testing.T, service int, topic, id string) {
	t.Helper()
	payload := []byte(id)
	if topic != "" {
		var err error
		payload, err = json.Marshal(cloudevent.Event{ID: id, Source: "app", Type: topic, Data: json.RawMessage(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
	}
	s := h.services[service]
	if err := deadletter.Store(t.Context(), s.DB, "dead-letters."+s.Name, payload, nil); err != nil {
		t.Fatal(err)
	}
}

// left are the events whose letters are left.
func (h *harness) left(t *testing.T, service int) []string {
	t.Helper()
	found, err := deadletter.List(t.Context(), h.services[service].DB, deadletter.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, l := range found {
		ids = append(ids, l.EventID)
	}
	return ids
}

// calls counts the calls of a handler by event.
type calls struct {
	mu sync.Mutex
	n  map[string]int
}

// serve runs the Replayer of a service. Events named "bad..." fail.
func (h *harness) serve(t *testing.T, service int) *calls {
	t.Helper()
	c := &calls{n: map[string]int{}}
	handle := func(_ context.Context, _ string, e cloudevent.Event) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.n[e.ID]++
		if len(e.ID) > 2 && e.ID[:3] == "bad" {
			return errors.New("no such user")
		}
		return nil
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	replayer := deadletter.NewReplayer(h.services[service].DB, handle, deadletter.Options{Poll: 10 * time.Millisecond})
	go func() { ended <- replayer.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *calls) of(id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[id]
}

// printed runs a command and returns its output and error as text.
func printed(run func(out *bytes.Buffer) error) string {
	var out bytes.Buffer
	err := run(&out)
	if err != nil {
		return fmt.Sprintf("%serror: %v\n", out.String(), err)
	}
	return out.String()
}
