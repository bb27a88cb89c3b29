package event_test

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/services/media/internal/event"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

func TestUploadedWakesAndNeverFails(t *testing.T) {
	woken := 0
	handle := event.Uploaded(func() { woken++ })
	for _, data := range []string{`{"videoId":"7"}`, `poison`, ``} {
		if err := handle(t.Context(), server.Event{Data: []byte(data)}); err != nil {
			t.Errorf("%q: %v", data, err)
		}
	}
	if woken != 3 {
		t.Errorf("woken %d times", woken)
	}
}
