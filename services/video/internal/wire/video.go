// Package wire converts between the contract's messages and the types of the
// domain package, for the RPC server and for hot documents.
package wire

import (
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// FromVideo converts a video to its message.
func FromVideo(v video.Video) *videov1.Video {
	return &videov1.Video{
		Id:            v.ID,
		AuthorId:      v.AuthorID,
		Title:         v.Title,
		PublishedAtMs: v.PublishedAtMs,
		ShownAtMs:     v.ShownAtMs,
		State:         fromState(v.State),
		FailureReason: v.FailureReason,
		Progress:      int32(v.Progress),
		Source:        FromObject(v.Source),
		Play:          fromOptional(v.Play),
		Cover:         fromOptional(v.Cover),
		Hls:           fromOptional(v.HLS),
		DurationMs:    v.DurationMs,
		Width:         int32(v.Width),
		Height:        int32(v.Height),
	}
}

// FromVideos converts videos in the same order.
func FromVideos(videos []video.Video) []*videov1.Video {
	messages := make([]*videov1.Video, len(videos))
	for i, v := range videos {
		messages[i] = FromVideo(v)
	}
	return messages
}

// ToVideo converts the message of a video. It returns video.ErrObjectInvalid for an
// invalid object.
func ToVideo(message *videov1.Video) (video.Video, error) {
	v := video.Video{
		ID:            message.GetId(),
		AuthorID:      message.GetAuthorId(),
		Title:         message.GetTitle(),
		PublishedAtMs: message.GetPublishedAtMs(),
		ShownAtMs:     message.GetShownAtMs(),
		State:         toState(message.GetState()),
		FailureReason: message.GetFailureReason(),
		Progress:      int(message.GetProgress()),
		DurationMs:    message.GetDurationMs(),
		Width:         int(message.GetWidth()),
		Height:        int(message.GetHeight()),
	}
	var err error
	if v.Source, err = ToObject(message.GetSource()); err != nil {
		return video.Video{}, err
	}
	if v.Play, err = ToOptional(message.GetPlay()); err != nil {
		return video.Video{}, err
	}
	if v.Cover, err = ToOptional(message.GetCover()); err != nil {
		return video.Video{}, err
	}
	if v.HLS, err = ToOptional(message.GetHls()); err != nil {
		return video.Video{}, err
	}
	return v, nil
}

func fromState(s video.State) videov1.State {
	switch s {
	case video.StateUploaded:
		return videov1.State_STATE_UPLOADED
	case video.StateReady:
		return videov1.State_STATE_READY
	case video.StateFailed:
		return videov1.State_STATE_FAILED
	case video.StateProcessing:
		return videov1.State_STATE_PROCESSING
	default:
		return videov1.State_STATE_UNSPECIFIED
	}
}

func toState(s videov1.State) video.State {
	switch s {
	case videov1.State_STATE_UPLOADED:
		return video.StateUploaded
	case videov1.State_STATE_READY:
		return video.StateReady
	case videov1.State_STATE_FAILED:
		return video.StateFailed
	case videov1.State_STATE_PROCESSING:
		return video.StateProcessing
	default:
		return 0
	}
}
