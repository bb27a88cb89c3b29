package rpc_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/rpc"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// process claims the only job, finishes it and returns the request.
func process(t *testing.T, p *rpc.Processing) *videov1.FinishJobRequest {
	t.Helper()
	ctx := context.Background()
	claimed, err := p.ClaimJob(ctx, &videov1.ClaimJobRequest{})
	if err != nil {
		t.Fatal(err)
	}
	job := claimed.GetJob()
	id, attempt := job.GetVideoId(), job.GetAttempt()
	want := &videov1.Job{
		VideoId: id, Attempt: 1, Source: job.GetSource(), OutputPrefix: "videos/1/1/", PartSize: 10, LeaseMs: 30_000,
	}
	if !proto.Equal(job, want) || job.GetSource().GetKey() != "videos/1/source" {
		t.Fatalf("the job is %v, want %v", job, want)
	}
	if r, err := p.ClaimJob(ctx, &videov1.ClaimJobRequest{}); err != nil || r.GetJob() != nil {
		t.Fatalf("another job: %v, %v", r, err)
	}
	if r, err := p.RenewJob(ctx, &videov1.RenewJobRequest{VideoId: id, Attempt: attempt, Progress: 40}); err != nil || r.GetLeaseMs() != 30_000 {
		t.Fatalf("renewed: %v, %v", r, err)
	}
	reserve := &videov1.ReserveOutputsRequest{VideoId: id, Attempt: attempt}
	output := func(name, contentType string) *videov1.Object {
		key := job.GetOutputPrefix() + name
		reserve.Outputs = append(reserve.Outputs, &videov1.Extent{Key: key, Parts: 2})
		sum := sha256.Sum256([]byte(key))
		return &videov1.Object{Key: key, Size: 15, PartSize: 10, Sha256: sum[:], ContentType: contentType}
	}
	finish := &videov1.FinishJobRequest{
		VideoId: id, Attempt: attempt, SourceSha256: job.GetSource().GetSha256(),
		Play: output("play", "video/mp4"), Cover: output("cover", "image/jpeg"), Hls: output("hls/index", "application/x-protobuf"),
		DurationMs: 1_500, Width: 720, Height: 1_280,
	}
	if _, err := p.FinishJob(ctx, finish); !errors.Is(err, video.ErrObjectInvalid) {
		t.Fatalf("finished without reserved outputs: %v", err)
	}
	if _, err := p.ReserveOutputs(ctx, reserve); err != nil {
		t.Fatal(err)
	}
	if _, err := p.FinishJob(ctx, finish); err != nil {
		t.Fatal(err)
	}
	return finish
}

func TestRefusalsOfProcessing(t *testing.T) {
	ctx := context.Background()
	s, p := newServers()
	if _, err := s.CommitUpload(ctx, begin(t, s)); err != nil {
		t.Fatal(err)
	}
	sum := make([]byte, 32)
	cover := &videov1.Object{Key: "k", Sha256: sum}
	for _, tt := range []struct {
		name string
		call func() error
		want error
	}{
		{"RenewJob", func() error { _, err := p.RenewJob(ctx, &videov1.RenewJobRequest{VideoId: 1, Attempt: 1}); return err }, video.ErrJobLost},
		{"ReserveOutputs", func() error {
			_, err := p.ReserveOutputs(ctx, &videov1.ReserveOutputsRequest{VideoId: 1, Attempt: 1})
			return err
		}, video.ErrJobLost},
		{"FailJob", func() error {
			_, err := p.FailJob(ctx, &videov1.FailJobRequest{VideoId: 1, Attempt: 1, Reason: videov1.FailureCodec})
			return err
		}, video.ErrJobLost},
		{"ReleaseJob", func() error {
			_, err := p.ReleaseJob(ctx, &videov1.ReleaseJobRequest{VideoId: 9, Attempt: 1})
			return err
		}, video.ErrJobLost},
		{"FinishJob", func() error {
			_, err := p.FinishJob(ctx, &videov1.FinishJobRequest{VideoId: 1, Attempt: 1, SourceSha256: sum, Cover: cover, Width: 1, Height: 1})
			return err
		}, video.ErrJobLost},
		{"FinishJob/Checksum", func() error {
			_, err := p.FinishJob(ctx, &videov1.FinishJobRequest{VideoId: 1, Attempt: 1, Cover: cover, Width: 1, Height: 1})
			return err
		}, video.ErrObjectInvalid},
		{"FinishJob/NoCover", func() error {
			_, err := p.FinishJob(ctx, &videov1.FinishJobRequest{VideoId: 1, Attempt: 1, SourceSha256: sum, Width: 1, Height: 1})
			return err
		}, video.ErrObjectInvalid},
		{"DeleteVideo", func() error {
			_, err := s.DeleteVideo(ctx, &videov1.DeleteVideoRequest{VideoId: 9, AuthorId: amy})
			return err
		}, video.ErrVideoUnknown},
		{"GetUpload", func() error {
			_, err := s.GetUpload(ctx, &videov1.GetUploadRequest{VideoId: 1, AuthorId: amy})
			return err
		}, video.ErrUploadCommitted},
	} {
		if err := tt.call(); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}
