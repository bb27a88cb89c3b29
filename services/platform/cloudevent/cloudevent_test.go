package cloudevent_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
)

func TestEnvelope(t *testing.T) {
	const trace = "00-01020300000000000000000000000000-0405000000000000-01"
	event := cloudevent.Event{
		ID: "1", Source: "app", Type: "t.happened", Subject: "t:1",
		Time:        time.Date(2026, 1, 2, 3, 4, 5, 60e6, time.UTC),
		TraceParent: trace, Version: 1<<62 + 1, Data: json.RawMessage(`{"n":"9007199254740993"}`),
	}
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"specversion":"1.0","id":"1","source":"app","type":"t.happened","subject":"t:1",` +
		`"time":"2026-01-02T03:04:05.060Z","datacontenttype":"application/json",` +
		`"traceid":"` + trace + `","traceparent":"` + trace + `","version":"4611686018427387905",` +
		`"data":{"n":"9007199254740993"}}`
	if string(text) != want {
		t.Errorf("envelope\n%s, want\n%s", text, want)
	}
	var back cloudevent.Event
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, event) {
		t.Errorf("read back %+v, %v", back, err)
	}
}

func TestUnreadableEnvelopes(t *testing.T) {
	for _, text := range []string{
		`"text"`,
		`{}`,
		`{"id":"1","type":"t"}`,
		`{"id":"1","data":1}`,
		`{"type":"t","data":1}`,
		`{"id":"1","type":"t","data_base64":"AA=="}`,
		`{"id":"1","type":"t","data":1,"time":"yesterday"}`,
		`{"id":"1","type":"t","data":1,"version":"new"}`,
	} {
		event := cloudevent.Event{ID: "untouched"}
		if err := json.Unmarshal([]byte(text), &event); err == nil || event.ID != "untouched" {
			t.Errorf("%s: %+v, %v, want an error and no event", text, event, err)
		}
	}
}
