package daprx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// pickyBroker is a sidecar that refuses some events by id, either alone, as brokers with
// native bulk publishing do, or with their whole request.
type pickyBroker struct {
	runtimev1.UnimplementedDaprServer
	alone, whole []string

	mu       sync.Mutex
	requests [][]string // ids
	largest  int        // bytes of events in one request
}

func (b *pickyBroker) BulkPublishEvent(_ context.Context, r *runtimev1.BulkPublishRequest) (*runtimev1.BulkPublishResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	answer := &runtimev1.BulkPublishResponse{}
	var ids []string
	size := 0
	for _, entry := range slices.Backward(r.GetEntries()) {
		var event cloudevent.Event
		if err := json.Unmarshal(entry.GetEvent(), &event); err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		size += len(entry.GetEvent())
		ids = append([]string{event.ID}, ids...)
		if slices.Contains(b.alone, event.ID) {
			answer.FailedEntries = append(answer.FailedEntries,
				&runtimev1.BulkPublishResponseFailedEntry{EntryId: entry.GetEntryId(), Error: "no " + event.ID})
		}
	}
	b.requests = append(b.requests, ids)
	b.largest = max(b.largest, size)
	for _, id := range ids {
		if slices.Contains(b.whole, id) {
			return nil, status.Error(codes.Internal, "not with "+id)
		}
	}
	return answer, nil
}

// numbered returns n events of a size with the ids e0, e1 and so on.
func numbered(n, size int) []cloudevent.Event {
	data, err := json.Marshal(map[string]string{"text": strings.Repeat("x", size)})
	if err != nil {
		panic(err) // a map of strings that cannot be encoded
	}
	events := make([]cloudevent.Event, n)
	for i := range events {
		events[i] = cloudevent.Event{ID: fmt.Sprintf("e%d", i), Source: "app", Type: "t", Subject: "s", Version: 1, Data: data}
	}
	return events
}

func TestPublishReportsFailedEvents(t *testing.T) {
	tests := []struct {
		name         string
		alone, whole []string
		size         int
		failed       []int
		requests     int
	}{
		{name: "nothing", size: 10, requests: 1},
		{name: "some", alone: []string{"e1", "e4", "e2"}, size: 10, failed: []int{1, 2, 4}, requests: 1},
		{name: "all", whole: []string{"e3"}, size: 10, failed: []int{0, 1, 2, 3, 4, 5}, requests: 1},
		{name: "large, nothing", size: 400_000, requests: 3},
		{name: "large, one request", whole: []string{"e2"}, size: 400_000, failed: []int{2, 3}, requests: 3},
		{name: "large, some of two", whole: []string{"e0"}, alone: []string{"e5"}, size: 400_000, failed: []int{0, 1, 5}, requests: 3},
		{name: "each too large for company", size: 1_100_000, requests: 6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			broker := &pickyBroker{alone: test.alone, whole: test.whole}
			publisher := dial(t, daprx.Options{Address: serve(t, broker)}).Publisher("pubsub")
			failed, err := publisher.PublishAll(t.Context(), "t", numbered(6, test.size))
			if !reflect.DeepEqual(failed, test.failed) {
				t.Errorf("failed %v, want %v", failed, test.failed)
			}
			if want := test.failed != nil; (err != nil) != want || (want && errs.CodeOf(err) != errs.Unavailable) {
				t.Errorf("error %v", err)
			}
			if len(broker.requests) != test.requests {
				t.Errorf("requests %v, want %d", broker.requests, test.requests)
			}
			if got := fmt.Sprint(slices.Concat(broker.requests...)); got != "[e0 e1 e2 e3 e4 e5]" {
				t.Errorf("sent %s, want each once in order", got)
			}
		})
	}
}

func TestPublishWithoutASidecar(t *testing.T) {
	address := serve(t, &pickyBroker{})
	publisher := dial(t, daprx.Options{Address: address + "9"}).Publisher("pubsub") // an impossible port
	if failed, err := publisher.PublishAll(t.Context(), "t", numbered(2, 1)); errs.CodeOf(err) != errs.Unavailable || len(failed) != 2 {
		t.Errorf("failed %v, %v", failed, err)
	}
	if failed, err := publisher.PublishAll(t.Context(), "t", nil); err != nil || failed != nil {
		t.Errorf("no events: failed %v, %v", failed, err)
	}
	broken := numbered(3, 1)
	broken[1].Data = json.RawMessage("{")
	if failed, err := publisher.PublishAll(t.Context(), "t", broken); errs.CodeOf(err) != errs.Internal || len(failed) != 3 {
		t.Errorf("data that is no JSON: failed %v, %v", failed, err)
	}
}
