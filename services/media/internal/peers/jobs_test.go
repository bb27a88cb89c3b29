package peers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/peers"
)

// videoService returns the same response to every call and records the request.
type videoService struct {
	answer proto.Message
	err    error
	asked  proto.Message
}

func (v *videoService) Invoke(ctx context.Context, _ string, args, reply any, _ ...grpc.CallOption) error {
	if _, bounded := ctx.Deadline(); !bounded {
		return errors.New("a call without a deadline")
	}
	v.asked = args.(proto.Message)
	if v.answer != nil && v.err == nil {
		proto.Merge(reply.(proto.Message), v.answer)
	}
	return v.err
}

func (v *videoService) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("no streams here")
}

func job() *videov1.Job {
	return &videov1.Job{
		VideoId: 7, Attempt: 2, OutputPrefix: "videos/7/2/", PartSize: 100, LeaseMs: 30_000,
		Source: &videov1.Object{Key: "videos/7/source", Size: 5, PartSize: 10, Sha256: make([]byte, 32), ContentType: "video/mp4", Layout: videov1.Layout_LAYOUT_WHOLE},
	}
}

func TestClaim(t *testing.T) {
	service := &videoService{}
	jobs := peers.NewJobs(service)
	if got, err := jobs.Claim(t.Context()); got != nil || err != nil {
		t.Errorf("nothing to do: %v, %v", got, err)
	}
	service.answer = &videov1.ClaimJobResponse{Job: job()}
	want := media.Job{
		Ref: media.Ref{VideoID: 7, Attempt: 2}, Prefix: "videos/7/2/", PartSize: 100, Lease: 30 * time.Second,
		Source: media.Object{Key: "videos/7/source", Size: 5, PartSize: 10, ContentType: "video/mp4", Whole: true},
	}
	if got, err := jobs.Claim(t.Context()); err != nil || *got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for name, spoil := range map[string]func(j *videov1.Job){
		"no part size": func(j *videov1.Job) { j.PartSize = 0 },
		"no lease":     func(j *videov1.Job) { j.LeaseMs = 0 },
		"no prefix":    func(j *videov1.Job) { j.OutputPrefix = "" },
		"no source":    func(j *videov1.Job) { j.Source = nil },
		"no checksum":  func(j *videov1.Job) { j.Source.Sha256 = nil },
	} {
		bad := job()
		spoil(bad)
		service.answer = &videov1.ClaimJobResponse{Job: bad}
		if got, err := jobs.Claim(t.Context()); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestRequests(t *testing.T) {
	service := &videoService{}
	jobs := peers.NewJobs(service)
	ref := media.Ref{VideoID: 7, Attempt: 2}
	object := media.Object{Key: "videos/7/2/cover", Size: 5, PartSize: 100, ContentType: "image/jpeg"}
	wire := &videov1.Object{Key: "videos/7/2/cover", Size: 5, PartSize: 100, Sha256: make([]byte, 32), ContentType: "image/jpeg"}
	check := func(want proto.Message, err error) {
		t.Helper()
		if err != nil || !proto.Equal(service.asked, want) {
			t.Errorf("asked %v, %v; want %v", service.asked, err, want)
		}
	}
	check(&videov1.ReserveOutputsRequest{VideoId: 7, Attempt: 2, Outputs: []*videov1.Extent{{Key: "k", Parts: 3}}},
		jobs.Reserve(t.Context(), ref, []media.Extent{{Key: "k", Parts: 3}}))
	check(&videov1.FinishJobRequest{VideoId: 7, Attempt: 2, SourceSha256: make([]byte, 32), Cover: wire, Hls: wire, DurationMs: 1500, Width: 4, Height: 3},
		jobs.Finish(t.Context(), ref, media.Result{Cover: object, HLS: &object, Duration: 1500 * time.Millisecond, Size: media.Size{Width: 4, Height: 3}}))
	check(&videov1.FailJobRequest{VideoId: 7, Attempt: 2, Reason: videov1.FailureUnreadable}, jobs.Fail(t.Context(), ref, videov1.FailureUnreadable))
	check(&videov1.ReleaseJobRequest{VideoId: 7, Attempt: 2, Suspicion: videov1.FailureTooComplex}, jobs.Release(t.Context(), ref, videov1.FailureTooComplex))
	service.answer = &videov1.RenewJobResponse{LeaseMs: 20_000}
	lease, err := jobs.Renew(t.Context(), ref, 40)
	check(&videov1.RenewJobRequest{VideoId: 7, Attempt: 2, Progress: 40}, err)
	if lease != 20*time.Second {
		t.Errorf("lease of %v", lease)
	}
	service.err = media.ErrJobLost
	if err := jobs.Release(t.Context(), ref, ""); !errors.Is(err, media.ErrJobLost) {
		t.Errorf("lost: %v", err)
	}
}
