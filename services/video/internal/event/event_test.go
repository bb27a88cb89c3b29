package event_test

import (
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/video/internal/event"
	"github.com/douyin-on-dapr/douyin/services/video/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/video/internal/hot"
)

var (
	_ event.Documents = (*hot.Videos)(nil)
	_ event.Documents = (*fake.Hot)(nil)
)

func TestVideos(t *testing.T) {
	var docs fake.Hot
	e := server.Event{Data: []byte(`{"videoId":"7","authorId":"5","failureReason":"VIDEO_CODEC"}`)}
	if err := event.Videos(&docs)(t.Context(), e); err != nil || !slices.Equal(docs.Invalidated(), []int64{5}) {
		t.Errorf("invalidated the documents of %v, %v", docs.Invalidated(), err)
	}
	e.Data = []byte("poison")
	if err := event.Videos(&docs)(t.Context(), e); errs.CodeOf(err) != errs.Invalid {
		t.Errorf("poison became %v", err)
	}
}
