package supervise_test

import (
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

func TestBackoffDoublesToItsMaximumAndStartsOver(t *testing.T) {
	b := supervise.Backoff{First: 500 * time.Millisecond, Max: 5 * time.Second, Reset: 30 * time.Second}
	var pause time.Duration
	for i, want := range []time.Duration{500, 1000, 2000, 4000, 5000, 5000} {
		if pause = b.Next(pause, time.Second); pause != want*time.Millisecond {
			t.Errorf("pause %d is %s, want %s", i+1, pause, want*time.Millisecond)
		}
	}
	if pause = b.Next(pause, 30*time.Second); pause != b.First {
		t.Errorf("after a long life the pause is %s, want %s", pause, b.First)
	}
}
