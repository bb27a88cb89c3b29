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
	sum := func(of string) [32]byte { return sha256.Sum256([]byte(of)) }
	bytes := func(of string) []byte { b := sum(of); return b[:] }
	v := video.Video{
		ID: 1, AuthorID: 2, Title: "题", PublishedAtMs: 3, ShownAtMs: 33, State: video.StateFailed, FailureReason: "NOT_A_VIDEO",
		Progress: 44, DurationMs: 55, Width: 66, Height: 77,
		Source: video.Object{Key: "s", Size: 4, PartSize: 5, SHA256: sum("s"), ContentType: "video/mp4"},
		Play:   &video.Object{Key: "p", Size: 8, PartSize: 9, SHA256: sum("p"), ContentType: "video/mp4", Layout: video.LayoutWhole},
		Cover:  &video.Object{Key: "c", Size: 6, PartSize: 7, SHA256: sum("c"), ContentType: "image/jpeg"},
		HLS:    &video.Object{Key: "h", Size: 10, PartSize: 11, SHA256: sum("h"), ContentType: "application/x-protobuf"},
	}
	message := &videov1.Video{
		Id: 1, AuthorId: 2, Title: "题", PublishedAtMs: 3, ShownAtMs: 33, State: videov1.State_STATE_FAILED, FailureReason: "NOT_A_VIDEO",
		Progress: 44, DurationMs: 55, Width: 66, Height: 77,
		Source: &videov1.Object{Key: "s", Size: 4, PartSize: 5, Sha256: bytes("s"), ContentType: "video/mp4"},
		Play:   &videov1.Object{Key: "p", Size: 8, PartSize: 9, Sha256: bytes("p"), ContentType: "video/mp4", Layout: videov1.Layout_LAYOUT_WHOLE},
		Cover:  &videov1.Object{Key: "c", Size: 6, PartSize: 7, Sha256: bytes("c"), ContentType: "image/jpeg"},
		Hls:    &videov1.Object{Key: "h", Size: 10, PartSize: 11, Sha256: bytes("h"), ContentType: "application/x-protobuf"},
	}
	return v, message
}

func TestVideoRoundTrip(t *testing.T) {
	v, message := pair()
	if got := wire.FromVideo(v); !proto.Equal(got, message) {
		t.Errorf("message %v, want %v", got, message)
	}
	if got, err := wire.ToVideo(message); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("video %+v, %v; want %+v", got, err, v)
	}
}

func TestVideoWithSourceOnly(t *testing.T) {
	v, message := pair()
	v.Play, v.Cover, v.HLS = nil, nil, nil
	message.Play, message.Cover, message.Hls = nil, nil, nil
	if got := wire.FromVideo(v); !proto.Equal(got, message) {
		t.Errorf("message %v, want %v", got, message)
	}
	if got, err := wire.ToVideo(message); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("video %+v, %v; want %+v", got, err, v)
	}
}

func TestStates(t *testing.T) {
	for state, want := range map[video.State]videov1.State{
		video.StateUploaded:   videov1.State_STATE_UPLOADED,
		video.StateReady:      videov1.State_STATE_READY,
		video.StateFailed:     videov1.State_STATE_FAILED,
		video.StateProcessing: videov1.State_STATE_PROCESSING,
		0:                     videov1.State_STATE_UNSPECIFIED,
	} {
		v, _ := pair()
		v.State = state
		message := wire.FromVideo(v)
		if message.GetState() != want {
			t.Errorf("state %d is %v on the wire, want %v", state, message.GetState(), want)
		}
		if back, err := wire.ToVideo(message); err != nil || back.State != state {
			t.Errorf("%v is converted back to %d, %v; want %d", want, back.State, err, state)
		}
	}
}

func TestChecksumOfAnotherLength(t *testing.T) {
	for _, sum := range [][]byte{nil, {}, make([]byte, 31), make([]byte, 33)} {
		if _, err := wire.ToObject(&videov1.Object{Sha256: sum}); !errors.Is(err, video.ErrObjectInvalid) {
			t.Errorf("%d bytes: %v", len(sum), err)
		}
		for _, spoil := range []func(*videov1.Video){
			func(m *videov1.Video) { m.Source.Sha256 = sum },
			func(m *videov1.Video) { m.Play.Sha256 = sum },
			func(m *videov1.Video) { m.Cover.Sha256 = sum },
			func(m *videov1.Video) { m.Hls.Sha256 = sum },
		} {
			_, message := pair()
			spoil(message)
			if _, err := wire.ToVideo(message); !errors.Is(err, video.ErrObjectInvalid) {
				t.Errorf("an object with %d bytes: %v", len(sum), err)
			}
		}
	}
	if _, err := wire.ToObject(nil); !errors.Is(err, video.ErrObjectInvalid) {
		t.Errorf("no object: %v", err)
	}
}

func TestUnknownLayout(t *testing.T) {
	_, message := pair()
	message.Source.Layout = 7
	if _, err := wire.ToObject(message.GetSource()); !errors.Is(err, video.ErrObjectInvalid) {
		t.Errorf("layout 7: %v", err)
	}
}
