package wire_test

import (
	"crypto/sha256"
	"errors"
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
	"github.com/douyin-on-dapr/douyin/services/video/internal/wire"
)

func pair() (video.Video, *videov1.Video) {
	source, cover := sha256.Sum256([]byte("source")), sha256.Sum256([]byte("cover"))
	v := video.Video{
		ID: 1, AuthorID: 2, Title: "题", PublishedAtMs: 3, State: video.StateFailed, FailureReason: "NOT_A_VIDEO",
		Source: video.Object{Key: "s", Size: 4, PartSize: 5, SHA256: source, ContentType: "video/mp4"},
		Cover:  &video.Object{Key: "c", Size: 6, PartSize: 7, SHA256: cover, ContentType: "image/jpeg"},
	}
	message := &videov1.Video{
		Id: 1, AuthorId: 2, Title: "题", PublishedAtMs: 3, State: videov1.State_STATE_FAILED, FailureReason: "NOT_A_VIDEO",
		Source: &videov1.Object{Key: "s", Size: 4, PartSize: 5, Sha256: source[:], ContentType: "video/mp4"},
		Cover:  &videov1.Object{Key: "c", Size: 6, PartSize: 7, Sha256: cover[:], ContentType: "image/jpeg"},
	}
	return v, message
}

func TestVideoBothWays(t *testing.T) {
	v, message := pair()
	if got := wire.FromVideo(v); !proto.Equal(got, message) {
		t.Errorf("message %v, want %v", got, message)
	}
	if got, err := wire.ToVideo(message); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("video %+v, %v; want %+v", got, err, v)
	}
}

func TestVideoWithoutCover(t *testing.T) {
	v, message := pair()
	v.Cover, message.Cover = nil, nil
	if got := wire.FromVideo(v); !proto.Equal(got, message) {
		t.Errorf("message %v, want %v", got, message)
	}
	if got, err := wire.ToVideo(message); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("video %+v, %v; want %+v", got, err, v)
	}
}

func TestStates(t *testing.T) {
	for state, want := range map[video.State]videov1.State{
		video.StateUploaded: videov1.State_STATE_UPLOADED,
		video.StateReady:    videov1.State_STATE_READY,
		video.StateFailed:   videov1.State_STATE_FAILED,
		0:                   videov1.State_STATE_UNSPECIFIED,
	} {
		v, _ := pair()
		v.State = state
		message := wire.FromVideo(v)
		if message.GetState() != want {
			t.Errorf("state %d is %v on the wire, want %v", state, message.GetState(), want)
		}
		if back, err := wire.ToVideo(message); err != nil || back.State != state {
			t.Errorf("%v came back as %d, %v; want %d", want, back.State, err, state)
		}
	}
}

func TestChecksumOfAnotherLength(t *testing.T) {
	for _, sum := range [][]byte{nil, {}, make([]byte, 31), make([]byte, 33)} {
		if _, err := wire.ToObject(&videov1.Object{Sha256: sum}); !errors.Is(err, video.ErrObjectInvalid) {
			t.Errorf("%d bytes: %v", len(sum), err)
		}
		_, message := pair()
		message.Cover.Sha256 = sum
		if _, err := wire.ToVideo(message); !errors.Is(err, video.ErrObjectInvalid) {
			t.Errorf("a cover with %d bytes: %v", len(sum), err)
		}
	}
	if _, err := wire.ToObject(nil); !errors.Is(err, video.ErrObjectInvalid) {
		t.Errorf("no object: %v", err)
	}
}
