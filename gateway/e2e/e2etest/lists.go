//go:build e2e

package e2etest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// Profile returns the profile of a user as the owner of the token sees it. This and
// the other reads end the test if they are refused.
func Profile(t testing.TB, p *client.Client, user Account, token string) client.User {
	t.Helper()
	r := Must(p.Profile(t.Context(), user.ID, token))(t)
	Accepted(t, r)
	return r.User
}

// ListedVideo returns a video as the list of its author shows it.
func ListedVideo(t testing.TB, p *client.Client, author Account, videoID int64, token string) client.Video {
	t.Helper()
	r := Must(p.PublishList(t.Context(), author.ID, token, client.Page{}))(t)
	Accepted(t, r)
	for _, v := range r.Videos {
		if v.ID == videoID {
			return v
		}
	}
	t.Fatalf("video %d is not among the %d of its author", videoID, len(r.Videos))
	return client.Video{}
}

// Liked lists the videos that a user likes.
func Liked(t testing.TB, p *client.Client, userID int64, token string) []client.Video {
	t.Helper()
	r := Must(p.Liked(t.Context(), userID, token, client.Page{}))(t)
	Accepted(t, r)
	return r.Videos
}

// Comments lists the comments of a video.
func Comments(t testing.TB, p *client.Client, videoID int64, token string) []client.Comment {
	t.Helper()
	r := Must(p.Comments(t.Context(), videoID, token, client.Page{}))(t)
	Accepted(t, r)
	return r.Comments
}

// Follows lists the users whom a user follows.
func Follows(t testing.TB, p *client.Client, user Account, token string) []client.User {
	t.Helper()
	r := Must(p.Follows(t.Context(), user.ID, token, client.Page{}))(t)
	Accepted(t, r)
	return r.Users
}

// Followers lists the users who follow a user.
func Followers(t testing.TB, p *client.Client, user Account, token string) []client.User {
	t.Helper()
	r := Must(p.Followers(t.Context(), user.ID, token, client.Page{}))(t)
	Accepted(t, r)
	return r.Users
}

// Friends lists the friends of a user.
func Friends(t testing.TB, p *client.Client, user Account, token string) []client.Friend {
	t.Helper()
	r := Must(p.Friends(t.Context(), user.ID, token, client.Page{}))(t)
	Accepted(t, r)
	return r.Friends
}

// Chat polls the conversation of a with b, as a.
func Chat(t testing.TB, p *client.Client, a, b Account, since int64) []client.Message {
	t.Helper()
	r := Must(p.Chat(t.Context(), a.Token, b.ID, since))(t)
	Accepted(t, r)
	return r.Messages
}

// WaitNotifications waits until a user has exactly n notifications, since events
// take a moment, and returns them.
func WaitNotifications(t testing.TB, p *client.Client, a Account, n int) client.NotificationsResponse {
	t.Helper()
	var r client.NotificationsResponse
	Within(t, Recovery, fmt.Sprintf("%d notifications", n), func(ctx context.Context) (err error) {
		if r, err = client.Accepted(p.Notifications(ctx, a.Token, client.Page{})); err != nil {
			return err
		}
		if len(r.Notifications) != n {
			return fmt.Errorf("%d notifications", len(r.Notifications))
		}
		return nil
	})
	return r
}

const (
	// FeedDelay is how long a gateway may show an older feed.
	FeedDelay = 3 * time.Second
	// feedPages is how many pages of the feed WaitInFeed reads: other tests publish
	// at the same time.
	feedPages = 3
)

// WaitInFeed waits until a new video is in the feed.
func WaitInFeed(t testing.TB, p *client.Client, token string, video client.Video) {
	t.Helper()
	Within(t, FeedDelay, "the video is in the feed", func(ctx context.Context) error {
		before, read := int64(0), 0
		for range feedPages {
			feed, err := client.Accepted(p.Feed(ctx, before, token))
			if err != nil {
				return err
			}
			if slices.ContainsFunc(feed.Videos, func(v client.Video) bool {
				return v.ID == video.ID && v.PlayURL == video.PlayURL && v.Title == video.Title
			}) {
				return nil
			}
			before, read = feed.NextTime, read+len(feed.Videos)
		}
		return fmt.Errorf("not among %d videos", read)
	})
}

// UserIDs returns the ids of users in their order.
func UserIDs(users []client.User) []int64 {
	return pick(users, func(u client.User) int64 { return u.ID })
}

// FriendIDs returns the ids of friends in their order.
func FriendIDs(friends []client.Friend) []int64 {
	return pick(friends, func(f client.Friend) int64 { return f.ID })
}

// VideoIDs returns the ids of videos in their order.
func VideoIDs(videos []client.Video) []int64 {
	return pick(videos, func(v client.Video) int64 { return v.ID })
}

// Contents returns the texts of messages in their order.
func Contents(messages []client.Message) []string {
	return pick(messages, func(m client.Message) string { return m.Content })
}

func pick[T, V any](list []T, value func(T) V) []V {
	out := make([]V, len(list))
	for i, entry := range list {
		out[i] = value(entry)
	}
	return out
}

// HasVideo reports whether a list has a video.
func HasVideo(videos []client.Video, id int64) bool { return slices.Contains(VideoIDs(videos), id) }

// Count01 is the count of something that exists at most once.
func Count01(exists bool) int64 {
	if exists {
		return 1
	}
	return 0
}
