package wire_test

import (
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
	"github.com/douyin-on-dapr/douyin/services/user/internal/wire"
)

func TestAProfileSurvivesTheWire(t *testing.T) {
	want := user.Profile{
		ID: 1<<53 - 1, Name: "抖音 ", Avatar: "http://h/a.png", BackgroundImage: "http://h/b.png",
		Signature: "hi", CreatedAt: time.UnixMilli(1_772_366_400_123).UTC(),
	}
	message := wire.FromProfile(want)
	if message.GetCreatedAtMs() != 1_772_366_400_123 || message.GetName() != want.Name {
		t.Errorf("message %v", message)
	}
	if got := wire.ToProfile(message); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
