package rpc

import (
	"context"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
	"github.com/douyin-on-dapr/douyin/services/video/internal/wire"
)

// Jobs are the rules for workers.
type Jobs interface {
	ClaimJob(ctx context.Context) (video.Assignment, bool, error)
	RenewJob(ctx context.Context, videoID, attempt int64, progress int) (lease time.Duration, err error)
	ReserveOutputs(ctx context.Context, videoID, attempt int64, extents []video.Extent) error
	FinishJob(ctx context.Context, videoID, attempt int64, r video.Result) error
	FailJob(ctx context.Context, videoID, attempt int64, reason string) error
	ReleaseJob(ctx context.Context, videoID, attempt int64, suspected string) error
}

var _ Jobs = (*video.Service)(nil)

// Processing implements the generated server interface with Jobs.
type Processing struct {
	videov1.UnimplementedProcessingServiceServer
	jobs Jobs
}

var _ videov1.ProcessingServiceServer = (*Processing)(nil)

// NewProcessing returns a Processing.
func NewProcessing(jobs Jobs) *Processing { return &Processing{jobs: jobs} }

// ClaimJob implements videov1.ProcessingServiceServer.
func (p *Processing) ClaimJob(ctx context.Context, _ *videov1.ClaimJobRequest) (*videov1.ClaimJobResponse, error) {
	a, found, err := p.jobs.ClaimJob(ctx)
	if err != nil {
		return nil, err
	}
	if !found {
		return &videov1.ClaimJobResponse{}, nil
	}
	return &videov1.ClaimJobResponse{Job: &videov1.Job{
		VideoId:      a.VideoID,
		Attempt:      a.Attempt,
		Source:       wire.FromObject(a.Source),
		OutputPrefix: a.OutputPrefix,
		PartSize:     a.PartSize,
		LeaseMs:      a.Lease.Milliseconds(),
	}}, nil
}

// RenewJob implements videov1.ProcessingServiceServer.
func (p *Processing) RenewJob(ctx context.Context, r *videov1.RenewJobRequest) (*videov1.RenewJobResponse, error) {
	lease, err := p.jobs.RenewJob(ctx, r.GetVideoId(), r.GetAttempt(), int(r.GetProgress()))
	if err != nil {
		return nil, err
	}
	return &videov1.RenewJobResponse{LeaseMs: lease.Milliseconds()}, nil
}

// ReserveOutputs implements videov1.ProcessingServiceServer.
func (p *Processing) ReserveOutputs(ctx context.Context, r *videov1.ReserveOutputsRequest) (*videov1.ReserveOutputsResponse, error) {
	extents := make([]video.Extent, len(r.GetOutputs()))
	for i, e := range r.GetOutputs() {
		extents[i] = video.Extent{Key: e.GetKey(), Parts: int(e.GetParts())}
	}
	if err := p.jobs.ReserveOutputs(ctx, r.GetVideoId(), r.GetAttempt(), extents); err != nil {
		return nil, err
	}
	return &videov1.ReserveOutputsResponse{}, nil
}

// FinishJob implements videov1.ProcessingServiceServer.
func (p *Processing) FinishJob(ctx context.Context, r *videov1.FinishJobRequest) (*videov1.FinishJobResponse, error) {
	result, err := toResult(r)
	if err != nil {
		return nil, err
	}
	if err := p.jobs.FinishJob(ctx, r.GetVideoId(), r.GetAttempt(), result); err != nil {
		return nil, err
	}
	return &videov1.FinishJobResponse{}, nil
}

// toResult returns video.ErrObjectInvalid for an invalid checksum or object.
func toResult(r *videov1.FinishJobRequest) (result video.Result, err error) {
	result = video.Result{DurationMs: r.GetDurationMs(), Width: int(r.GetWidth()), Height: int(r.GetHeight())}
	if result.SourceSHA256, err = wire.ToChecksum(r.GetSourceSha256()); err != nil {
		return video.Result{}, err
	}
	if result.Play, err = wire.ToOptional(r.GetPlay()); err != nil {
		return video.Result{}, err
	}
	if result.Cover, err = wire.ToObject(r.GetCover()); err != nil {
		return video.Result{}, err
	}
	if result.HLS, err = wire.ToOptional(r.GetHls()); err != nil {
		return video.Result{}, err
	}
	return result, nil
}

// FailJob implements videov1.ProcessingServiceServer.
func (p *Processing) FailJob(ctx context.Context, r *videov1.FailJobRequest) (*videov1.FailJobResponse, error) {
	if err := p.jobs.FailJob(ctx, r.GetVideoId(), r.GetAttempt(), r.GetReason()); err != nil {
		return nil, err
	}
	return &videov1.FailJobResponse{}, nil
}

// ReleaseJob implements videov1.ProcessingServiceServer.
func (p *Processing) ReleaseJob(ctx context.Context, r *videov1.ReleaseJobRequest) (*videov1.ReleaseJobResponse, error) {
	if err := p.jobs.ReleaseJob(ctx, r.GetVideoId(), r.GetAttempt(), r.GetSuspicion()); err != nil {
		return nil, err
	}
	return &videov1.ReleaseJobResponse{}, nil
}
