// Package eventv1 is the contract of events: the generated payloads of
// event.proto, and here the topics that carry them. README.md beside this file
// shows an event as it travels.
package eventv1

import (
	"strconv"

	"github.com/douyin-on-dapr/douyin/services/contract"
)

// The topics. A topic carries one type of event, and that type's name is the
// topic's.
const (
	TopicLiked       = "interaction.liked"
	TopicUnliked     = "interaction.unliked"
	TopicCommented   = "interaction.commented"
	TopicUncommented = "interaction.uncommented"
	TopicFollowed    = "relation.followed"
	TopicUnfollowed  = "relation.unfollowed"
	TopicMessageSent = "chat.message-sent"

	TopicVideoUploaded = "video.uploaded"
	TopicVideoReady    = "video.ready"
	TopicVideoFailed   = "video.failed"
	TopicVideoDeleted  = "video.deleted"
)

// Topic describes one topic: its payload, who publishes it, and who listens.
type Topic struct {
	Name      string
	Payload   string // message of event.proto
	Publisher contract.App
	Consumers []contract.App
}

// Topics lists every topic of the system, dead letters aside.
func Topics() []Topic {
	activities := []contract.App{contract.AppUser}
	return []Topic{
		{TopicLiked, "Liked", contract.AppInteraction, activities},
		{TopicUnliked, "Liked", contract.AppInteraction, activities},
		{TopicCommented, "Commented", contract.AppInteraction, activities},
		{TopicUncommented, "Commented", contract.AppInteraction, activities},
		{TopicFollowed, "Followed", contract.AppRelation, activities},
		{TopicUnfollowed, "Followed", contract.AppRelation, activities},
		{TopicMessageSent, "MessageSent", contract.AppChat, nil},
		{TopicVideoUploaded, "Video", contract.AppVideo, []contract.App{contract.AppMedia}},
		{TopicVideoReady, "Video", contract.AppVideo, nil},
		{TopicVideoFailed, "Video", contract.AppVideo, nil},
		{TopicVideoDeleted, "Video", contract.AppVideo, []contract.App{contract.AppInteraction}},
	}
}

// FollowSubject names a follow: events of one subject are published in the
// order of their versions.
func FollowSubject(userID, targetID int64) string { return subject("follow", userID, targetID) }

// LikeSubject names a like.
func LikeSubject(userID, videoID int64) string { return subject("like", userID, videoID) }

// CommentSubject names a comment.
func CommentSubject(commentID int64) string { return subject("comment", commentID) }

// ChatSubject names a conversation, whoever of the two speaks.
func ChatSubject(a, b int64) string { return subject("chat", min(a, b), max(a, b)) }

// VideoSubject names a video.
func VideoSubject(videoID int64) string { return subject("video", videoID) }

func subject(kind string, ids ...int64) string {
	for _, id := range ids {
		kind += ":" + strconv.FormatInt(id, 10)
	}
	return kind
}
