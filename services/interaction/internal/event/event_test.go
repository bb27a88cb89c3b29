package event_test

import (
	"context"
	"errors"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/event"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

var (
	_ event.Documents = (*hot.Documents)(nil)
	_ event.Deletions = (*interaction.Purger)(nil)
)

// documents records whose documents were invalidated.
type documents struct {
	user, author int64
	err          error
}

func (d *documents) InvalidateLikes(_ context.Context, likes ...interaction.LikeUsers) error {
	d.user, d.author = likes[0].UserID, likes[0].AuthorID
	return d.err
}

func TestLikes(t *testing.T) {
	var docs documents
	e := server.Event{Data: []byte(`{"userId":"1","videoId":"7","authorId":"5"}`)}
	if err := event.Likes(&docs)(t.Context(), e); err != nil || docs.user != 1 || docs.author != 5 {
		t.Errorf("invalidated the documents of %d and %d, %v", docs.user, docs.author, err)
	}
	docs.err = errors.New("state store is down")
	if err := event.Likes(&docs)(t.Context(), e); err != nil {
		t.Errorf("an outage of the state store made a dead letter: %v", err)
	}
	e.Data = []byte("not JSON")
	if err := event.Likes(&docs)(t.Context(), e); errs.CodeOf(err) != errs.Invalid {
		t.Errorf("invalid data: %v", err)
	}
}

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
