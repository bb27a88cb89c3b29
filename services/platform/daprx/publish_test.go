package daprx_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
)

var _ outbox.Publisher = (*daprx.Publisher)(nil)

const (
	topic       = "thing.happened"
	deadLetters = "dead-letters.app"
)

// pubsubYAML returns a component on the Redis at address and two subscriptions.
func pubsubYAML(address string) []string {
	return []string{fmt.Sprintf(`
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: pubsub}
spec:
  type: pubsub.redis
  version: v1
  metadata:
    - {name: redisHost, value: %q}
`, address), `
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: {name: things}
spec:
  pubsubname: pubsub
  topic: thing.happened
  routes: {default: /things}
  deadLetterTopic: dead-letters.app
`, `
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: {name: dead-letters}
spec:
  pubsubname: pubsub
  topic: dead-letters.app
  routes: {default: /dead-letters}
  metadata: {rawPayload: "true"}
`}
}

// subscriber records deliveries and drops one event.
type subscriber struct {
	runtimev1.UnimplementedAppCallbackServer
	delivered chan *runtimev1.TopicEventRequest
	drop      string // the id of an event
}

func (s subscriber) ListTopicSubscriptions(context.Context, *emptypb.Empty) (*runtimev1.ListTopicSubscriptionsResponse, error) {
	return &runtimev1.ListTopicSubscriptionsResponse{}, nil
}

func (s subscriber) OnTopicEvent(_ context.Context, r *runtimev1.TopicEventRequest) (*runtimev1.TopicEventResponse, error) {
	s.delivered <- r
	if r.GetId() == s.drop {
		return &runtimev1.TopicEventResponse{Status: runtimev1.TopicEventResponse_DROP}, nil
	}
	return &runtimev1.TopicEventResponse{}, nil
}

// next waits for a delivery.
func (s subscriber) next(t *testing.T) *runtimev1.TopicEventRequest {
	t.Helper()
	select {
	case r := <-s.delivered:
		return r
	case <-time.After(30 * time.Second):
		t.Fatal("nothing is delivered")
		return nil
	}
}

// startSubscriber runs a program with a sidecar that subscribes to its own events.
func startSubscriber(t *testing.T, redis, drop string) (*daprx.Publisher, subscriber) {
	t.Helper()
	s := subscriber{delivered: make(chan *runtimev1.TopicEventRequest, 100), drop: drop}
	port := daprtest.FreePort(t)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	program := grpc.NewServer()
	runtimev1.RegisterAppCallbackServer(program, s)
	served := make(chan error, 1)
	go func() { served <- program.Serve(listener) }()
	t.Cleanup(func() {
		program.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	sidecar := daprtest.Start(t, daprtest.Options{AppID: "app", AppPort: port, Components: pubsubYAML(redis)})
	return dial(t, daprx.Options{Address: sidecar.Address}).Publisher("pubsub"), s
}

func published(id string) cloudevent.Event {
	return cloudevent.Event{
		ID: id, Source: "teller", Type: topic, Subject: "thing:1", Version: 1<<60 + 1,
		Time:        time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
		TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
		Data:        json.RawMessage(`{"userId":"9007199254740993","text":"é \"quoted\""}`),
	}
}

func TestPublishedEventKeepsItsEnvelope(t *testing.T) {
	publisher, s := startSubscriber(t, daprtest.StartRedis(t).Address, "")
	if failed, err := publisher.PublishAll(t.Context(), topic, []cloudevent.Event{published("e1"), published("e2")}); err != nil || failed != nil {
		t.Fatalf("failed %v, %v", failed, err)
	}
	ids := map[string]bool{}
	for range 2 {
		r := s.next(t)
		ids[r.GetId()] = true
		if r.GetSource() != "teller" || r.GetType() != topic || r.GetSpecVersion() != "1.0" ||
			r.GetDataContentType() != "application/json" || r.GetTopic() != topic || r.GetPath() != "/things" {
			t.Errorf("envelope %v", r)
		}
		want := published("").TraceParent
		for name, value := range map[string]string{
			"subject": "thing:1", "version": "1152921504606846977", "time": "2026-01-02T03:04:05.678Z",
			"traceparent": want, "traceid": want,
		} {
			if got := r.GetExtensions().GetFields()[name].GetStringValue(); got != value {
				t.Errorf("attribute %s is %q, want %q", name, got, value)
			}
		}
		var data map[string]string
		if err := json.Unmarshal(r.GetData(), &data); err != nil ||
			!reflect.DeepEqual(data, map[string]string{"userId": "9007199254740993", "text": `é "quoted"`}) {
			t.Errorf("data %s: %v", r.GetData(), err)
		}
	}
	if len(ids) != 2 || !ids["e1"] || !ids["e2"] {
		t.Errorf("ids %v", ids)
	}
}

// A dead letter arrives as the unchanged message with its envelope, also if no sidecar
// can read it.
func TestDeadLettersArriveUnchanged(t *testing.T) {
	redis := daprtest.StartRedis(t)
	publisher, s := startSubscriber(t, redis.Address, "bad")
	if _, err := publisher.PublishAll(t.Context(), topic, []cloudevent.Event{published("bad")}); err != nil {
		t.Fatal(err)
	}
	if r := s.next(t); r.GetPath() != "/things" {
		t.Fatalf("first delivery %v", r)
	}
	letter := s.next(t)
	var event cloudevent.Event
	if err := json.Unmarshal(letter.GetData(), &event); err != nil || letter.GetPath() != "/dead-letters" {
		t.Fatalf("dead letter %v: %v", letter, err)
	}
	data := func(e cloudevent.Event) (fields map[string]string) {
		if err := json.Unmarshal(e.Data, &fields); err != nil {
			t.Error(err)
		}
		return fields
	}
	if !reflect.DeepEqual(data(event), data(published("bad"))) {
		t.Errorf("data %s", event.Data)
	}
	event.Data = published("bad").Data
	if !reflect.DeepEqual(event, published("bad")) {
		t.Errorf("dead letter %+v, want %+v", event, published("bad"))
	}

	addToStream(t, redis.Address, topic, "garbage")
	if letter := s.next(t); letter.GetPath() != "/dead-letters" || string(letter.GetData()) != "garbage" {
		t.Errorf("delivered %v, want the garbage as a dead letter", letter)
	}
}

// addToStream publishes a word without the sidecar.
func addToStream(t *testing.T, address, stream, word string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "XADD %s * data %s\r\n", stream, word); err != nil {
		t.Fatal(err)
	}
	if answer, err := bufio.NewReader(conn).ReadString('\n'); err != nil || strings.HasPrefix(answer, "-") {
		t.Fatalf("XADD: %q, %v", answer, err)
	}
}

func TestPublishToABrokerThatIsDown(t *testing.T) {
	redis := daprtest.StartRedis(t)
	publisher, s := startSubscriber(t, redis.Address, "")
	events := []cloudevent.Event{published("e1"), published("e2")}

	redis.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	failed, err := publisher.PublishAll(ctx, topic, events)
	if code := errs.CodeOf(err); len(failed) != 2 || (code != errs.Timeout && code != errs.Unavailable) {
		t.Errorf("hanging broker: failed %v, %v", failed, err)
	}
	t.Logf("hanging: %v after %v", err, time.Since(began))

	redis.Resume()
	eventually(t, "the broker is back", func() bool {
		failed, err := publisher.PublishAll(t.Context(), topic, events)
		return err == nil && failed == nil
	})
	s.next(t)

	redis.Kill()
	began = time.Now()
	failed, err = publisher.PublishAll(t.Context(), topic, events)
	if code := errs.CodeOf(err); len(failed) != 2 || (code != errs.Timeout && code != errs.Unavailable) {
		t.Errorf("dead broker: failed %v, %v", failed, err)
	}
	t.Logf("dead: %v after %v", err, time.Since(began))
}

func TestPublishToAComponentThatIsNotThere(t *testing.T) {
	sidecar := daprtest.Start(t, daprtest.Options{AppID: "app"})
	publisher := dial(t, daprx.Options{Address: sidecar.Address}).Publisher("pubsub")
	failed, err := publisher.PublishAll(t.Context(), topic, []cloudevent.Event{published("e")})
	if len(failed) != 1 || errs.CodeOf(err) != errs.Internal {
		t.Errorf("failed %v, %v, want an internal error", failed, err)
	}
}
