package rpc

import (
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

func convert[From, To any](from []From, one func(From) To) []To {
	to := make([]To, len(from))
	for i, f := range from {
		to[i] = one(f)
	}
	return to
}

func fromComment(c interaction.Comment) *interactionv1.Comment {
	return &interactionv1.Comment{
		Id: c.ID, VideoId: c.VideoID, UserId: c.UserID, Content: c.Content, CreatedAtMs: c.CreatedAt.UnixMilli(),
	}
}

func fromVideoStats(f interaction.VideoStats) *interactionv1.VideoFacts {
	return &interactionv1.VideoFacts{VideoId: f.VideoID, Likes: f.Likes, Comments: f.Comments, Liked: f.Liked}
}

func fromUserStats(f interaction.UserStats) *interactionv1.UserFacts {
	return &interactionv1.UserFacts{UserId: f.UserID, LikesGiven: f.Given, LikesReceived: f.Received}
}

func fromLikedEntry(e interaction.LikedEntry) *interactionv1.LikedVideo {
	return &interactionv1.LikedVideo{Facts: fromVideoStats(e.VideoStats), AuthorId: e.AuthorID}
}
