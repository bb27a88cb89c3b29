// Package event turns the events of other services into activities.
package event

import (
	"context"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
)

// Activities applies changes of activities.
type Activities interface {
	Apply(ctx context.Context, c activity.Change) error
}

var _ Activities = (*activity.Service)(nil)

// Handler handles one event.
type Handler = func(ctx context.Context, e server.Event) error

// Handlers returns the handlers of all topics that create or end an activity.
func Handlers(a Activities) map[string]Handler {
	return map[string]Handler{
		eventv1.TopicLiked:       liked(a, true),
		eventv1.TopicUnliked:     liked(a, false),
		eventv1.TopicCommented:   commented(a, true),
		eventv1.TopicUncommented: commented(a, false),
		eventv1.TopicFollowed:    followed(a, true),
		eventv1.TopicUnfollowed:  followed(a, false),
	}
}

func liked(a Activities, present bool) Handler {
	return func(ctx context.Context, e server.Event) error {
		var like eventv1.Liked
		if err := e.Decode(&like); err != nil {
			return err
		}
		return apply(ctx, a, e, present, activity.Entry{
			Kind: activity.Liked, UserID: like.GetAuthorId(), ActorID: like.GetUserId(), VideoID: like.GetVideoId(),
		})
	}
}

func commented(a Activities, present bool) Handler {
	return func(ctx context.Context, e server.Event) error {
		var comment eventv1.Commented
		if err := e.Decode(&comment); err != nil {
			return err
		}
		return apply(ctx, a, e, present, activity.Entry{
			Kind: activity.Commented, UserID: comment.GetAuthorId(), ActorID: comment.GetUserId(),
			VideoID: comment.GetVideoId(), CommentID: comment.GetCommentId(), Excerpt: comment.GetExcerpt(),
		})
	}
}

func followed(a Activities, present bool) Handler {
	return func(ctx context.Context, e server.Event) error {
		var follow eventv1.Followed
		if err := e.Decode(&follow); err != nil {
			return err
		}
		return apply(ctx, a, e, present, activity.Entry{
			Kind: activity.Followed, UserID: follow.GetTargetId(), ActorID: follow.GetUserId(),
		})
	}
}

// apply refuses incomplete events as invalid, because retrying them cannot
// succeed.
func apply(ctx context.Context, a Activities, e server.Event, present bool, entry activity.Entry) error {
	if e.Subject == "" || e.Version <= 0 || entry.UserID <= 0 || entry.ActorID <= 0 {
		return errs.New(errs.Invalid, "EVENT_INCOMPLETE", "the event lacks a subject, a version or a user")
	}
	entry.OccurredAt = e.Time.UTC()
	return a.Apply(ctx, activity.Change{EventID: e.ID, Subject: e.Subject, Version: e.Version, Present: present, Entry: entry})
}
