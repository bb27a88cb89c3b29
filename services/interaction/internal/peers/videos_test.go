package peers_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/peers"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// videoService answers GetVideos without a network and counts the calls.
type videoService struct {
	authors map[int64]int64
	state   videov1.State // of all videos
	err     error
	calls   int
}

func (v *videoService) Invoke(_ context.Context, _ string, args, reply any, _ ...grpc.CallOption) error {
	v.calls++
	request, response := args.(*videov1.GetVideosRequest), reply.(*videov1.GetVideosResponse)
	for _, id := range request.GetVideoIds() {
		if author, known := v.authors[id]; known {
			response.Videos = append(response.Videos, &videov1.Video{Id: id, AuthorId: author, State: v.state})
		}
	}
	return v.err
}

func (v *videoService) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("no streams here")
}

func TestOnlyAuthorsOfKnownVideosAreCached(t *testing.T) {
	service := &videoService{authors: map[int64]int64{7: 5}, state: videov1.State_STATE_READY}
	videos, err := peers.NewVideos(service)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(id, want int64, calls int) {
		t.Helper()
		if got, err := videos.Author(t.Context(), id); got != want || err != nil || service.calls != calls {
			t.Errorf("author of video %d is %d, %v, after %d calls; want %d after %d", id, got, err, service.calls, want, calls)
		}
	}
	ask(7, 5, 1)
	ask(7, 5, 1)
	for range 2 {
		if _, err := videos.Author(t.Context(), 8); !errors.Is(err, interaction.ErrVideoUnknown) {
			t.Errorf("an unknown video: %v", err)
		}
	}
	service.authors[8] = 6 // published meanwhile
	ask(8, 6, 4)
	service.err = &errs.Error{Code: errs.Unavailable}
	ask(8, 6, 4)
	if _, err := videos.Author(t.Context(), 9); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("while the video service is down: %v", err)
	}
}

func TestOnlyReadyVideosHaveAnAuthor(t *testing.T) {
	service := &videoService{authors: map[int64]int64{7: 5}}
	videos, err := peers.NewVideos(service)
	if err != nil {
		t.Fatal(err)
	}
	for state := range videov1.State_name {
		service.state = videov1.State(state)
		if service.state == videov1.State_STATE_READY {
			continue
		}
		if _, err := videos.Author(t.Context(), 7); !errors.Is(err, interaction.ErrVideoUnknown) {
			t.Errorf("%v: %v", service.state, err)
		}
	}
	service.state = videov1.State_STATE_READY
	if author, err := videos.Author(t.Context(), 7); author != 5 || err != nil {
		t.Errorf("author of the ready video is %d, %v", author, err)
	}
}

func TestADeletedVideoIsNotCached(t *testing.T) {
	service := &videoService{authors: map[int64]int64{7: 5}, state: videov1.State_STATE_READY}
	videos, err := peers.NewVideos(service)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := videos.Author(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	delete(service.authors, 7)
	videos.Forget(8)
	if _, err := videos.Author(t.Context(), 7); err != nil {
		t.Errorf("after the deletion of another video: %v", err)
	}
	videos.Forget(7)
	if _, err := videos.Author(t.Context(), 7); !errors.Is(err, interaction.ErrVideoUnknown) {
		t.Errorf("after its deletion: %v", err)
	}
}
