package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
)

type statusReply struct{ request.Head }

func emptyStatus() request.Reply { return &statusReply{} }

type videosReply struct {
	request.Head
	Videos     []compose.Video `json:"video_list"`
	NextCursor string          `json:"next_cursor"` // "" at the end
}

func emptyVideos() request.Reply { return &videosReply{Videos: []compose.Video{}} }
