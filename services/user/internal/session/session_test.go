package session_test

import (
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/douyin-on-dapr/douyin/services/user/internal/session"
)

func TestNewID(t *testing.T) {
	now := time.UnixMilli(1_772_366_400_123)
	seen := map[string]bool{}
	for range 1000 {
		id, err := session.NewID(now)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := ulid.ParseStrict(id)
		if err != nil || parsed.Time() != uint64(now.UnixMilli()) {
			t.Fatalf("%q is no ULID of that time: %v", id, err)
		}
		if seen[id] {
			t.Fatalf("%q was made twice", id)
		}
		seen[id] = true
	}
}
