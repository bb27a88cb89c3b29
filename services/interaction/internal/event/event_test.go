package event_test

import (
	"context"
	"errors"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/event"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

var _ event.Deletions = (*interaction.Purger)(nil)

// deletions records which video was deleted.
type deletions struct {
	video int64
	err   error
}

func (d *deletions) VideoDeleted(_ context.Context, videoID int64) error {
	d.video = videoID
	return d.err
}

func TestVideoDeleted(t *testing.T) {
	var d deletions
	e := server.Event{Data: []byte(`{"videoId":"9007199254740991","authorId":"5"}`)}
	if err := event.VideoDeleted(&d)(t.Context(), e); err != nil || d.video != 1<<53-1 {
		t.Errorf("video %d, %v", d.video, err)
	}
	d.err = errors.New("database is down")
	if err := event.VideoDeleted(&d)(t.Context(), e); !errors.Is(err, d.err) {
		t.Errorf("the event would not be delivered again: %v", err)
	}
	e.Data = []byte("not JSON")
	if err := event.VideoDeleted(&d)(t.Context(), e); errs.CodeOf(err) != errs.Invalid {
		t.Errorf("invalid data: %v", err)
	}
}
