// Package wire converts between the contract's messages and the types of the
// domain package, for the RPC server and for hot documents.
package wire

import (
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// FromVideo makes the message of a video.
func FromVideo(v video.Video) *videov1.Video {
	message := &videov1.Video{
		Id:            v.ID,
		AuthorId:      v.AuthorID,
		Title:         v.Title,
		PublishedAtMs: v.PublishedAtMs,
		State:         fromState(v.State),
		FailureReason: v.FailureReason,
		Source:        fromObject(v.Source),
	}
	if v.Cover != nil {
		message.Cover = fromObject(*v.Cover)
	}
	return message
}

// FromVideos makes the messages of videos, in the same order.
func FromVideos(videos []video.Video) []*videov1.Video {
	messages := make([]*videov1.Video, len(videos))
	for i, v := range videos {
		messages[i] = FromVideo(v)
	}
	return messages
}

// ToVideo reads the message of a video. It answers video.ErrObjectInvalid for an
// object whose checksum is none.
func ToVideo(message *videov1.Video) (video.Video, error) {
	source, err := ToObject(message.GetSource())
	if err != nil {
		return video.Video{}, err
	}
	v := video.Video{
		ID:            message.GetId(),
		AuthorID:      message.GetAuthorId(),
		Title:         message.GetTitle(),
		PublishedAtMs: message.GetPublishedAtMs(),
		State:         toState(message.GetState()),
		FailureReason: message.GetFailureReason(),
		Source:        source,
	}
	if message.GetCover() == nil {
		return v, nil
	}
	cover, err := ToObject(message.GetCover())
	if err != nil {
		return video.Video{}, err
	}
	v.Cover = &cover
	return v, nil
}

func fromObject(o video.Object) *videov1.Object {
	return &videov1.Object{
		Key:         o.Key,
		Size:        o.Size,
		PartSize:    o.PartSize,
		Sha256:      o.SHA256[:],
		ContentType: o.ContentType,
	}
}

// ToObject reads a manifest. It answers video.ErrObjectInvalid where there is
// none, or where its checksum has not the length of a SHA-256.
func ToObject(message *videov1.Object) (video.Object, error) {
	o := video.Object{
		Key:         message.GetKey(),
		Size:        message.GetSize(),
		PartSize:    message.GetPartSize(),
		ContentType: message.GetContentType(),
	}
	if len(message.GetSha256()) != len(o.SHA256) {
		return video.Object{}, video.ErrObjectInvalid
	}
	o.SHA256 = [32]byte(message.GetSha256())
	return o, nil
}

func fromState(s video.State) videov1.State {
	switch s {
	case video.StateUploaded:
		return videov1.State_STATE_UPLOADED
	case video.StateReady:
		return videov1.State_STATE_READY
	case video.StateFailed:
		return videov1.State_STATE_FAILED
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
	default:
		return 0
	}
}
