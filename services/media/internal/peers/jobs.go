// Package peers calls the video service through the sidecar.
package peers

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

// callTimeout bounds one call. The callers retry.
const callTimeout = 5 * time.Second

// Jobs implements media.Jobs with calls to the video service, and media.Indexer
// with the messages of its contract.
type Jobs struct {
	client videov1.ProcessingServiceClient
}

var (
	_ media.Jobs    = (*Jobs)(nil)
	_ media.Indexer = (*Jobs)(nil)
)

// NewJobs returns Jobs on a connection to the video service.
func NewJobs(conn grpc.ClientConnInterface) *Jobs {
	return &Jobs{client: videov1.NewProcessingServiceClient(conn)}
}

// Claim implements media.Jobs.
func (j *Jobs) Claim(ctx context.Context) (*media.Job, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	response, err := j.client.ClaimJob(ctx, &videov1.ClaimJobRequest{})
	if err != nil || response.GetJob() == nil {
		return nil, err
	}
	return jobFrom(response.GetJob())
}

// Renew implements media.Jobs.
func (j *Jobs) Renew(ctx context.Context, job media.Ref, progress int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	response, err := j.client.RenewJob(ctx, &videov1.RenewJobRequest{VideoId: job.VideoID, Attempt: job.Attempt, Progress: int32(progress)})
	if err != nil {
		return 0, err
	}
	return time.Duration(response.GetLeaseMs()) * time.Millisecond, nil
}

// Reserve implements media.Jobs.
func (j *Jobs) Reserve(ctx context.Context, job media.Ref, outputs []media.Extent) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request := &videov1.ReserveOutputsRequest{VideoId: job.VideoID, Attempt: job.Attempt, Outputs: make([]*videov1.Extent, len(outputs))}
	for i, o := range outputs {
		request.Outputs[i] = &videov1.Extent{Key: o.Key, Parts: int32(o.Parts)}
	}
	_, err := j.client.ReserveOutputs(ctx, request)
	return err
}

// Finish implements media.Jobs.
func (j *Jobs) Finish(ctx context.Context, job media.Ref, r media.Result) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := j.client.FinishJob(ctx, &videov1.FinishJobRequest{
		VideoId: job.VideoID, Attempt: job.Attempt, SourceSha256: r.SourceSHA256[:],
		Play: objectOrNone(r.Play), Cover: toObject(r.Cover), Hls: objectOrNone(r.HLS),
		DurationMs: r.Duration.Milliseconds(), Width: int32(r.Size.Width), Height: int32(r.Size.Height),
	})
	return err
}

// Fail implements media.Jobs.
func (j *Jobs) Fail(ctx context.Context, job media.Ref, reason string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := j.client.FailJob(ctx, &videov1.FailJobRequest{VideoId: job.VideoID, Attempt: job.Attempt, Reason: reason})
	return err
}

// Release implements media.Jobs.
func (j *Jobs) Release(ctx context.Context, job media.Ref, suspected string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := j.client.ReleaseJob(ctx, &videov1.ReleaseJobRequest{VideoId: job.VideoID, Attempt: job.Attempt, Suspicion: suspected})
	return err
}

// Encode implements media.Indexer.
func (j *Jobs) Encode(tracks []media.Track) ([]byte, error) {
	index := &videov1.HlsIndex{Tracks: make([]*videov1.HlsTrack, len(tracks))}
	for i, t := range tracks {
		index.Tracks[i] = toTrack(t)
	}
	return proto.Marshal(index)
}
