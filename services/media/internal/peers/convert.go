package peers

import (
	"fmt"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

// jobFrom converts a job. It returns an error for a job with missing fields.
func jobFrom(j *videov1.Job) (*media.Job, error) {
	source := j.GetSource()
	if j.GetPartSize() <= 0 || j.GetLeaseMs() <= 0 || j.GetOutputPrefix() == "" || source.GetKey() == "" ||
		source.GetPartSize() <= 0 || source.GetSize() < 0 || len(source.GetSha256()) != 32 {
		return nil, fmt.Errorf("job of video %d, attempt %d: fields are missing", j.GetVideoId(), j.GetAttempt())
	}
	return &media.Job{
		Ref:    media.Ref{VideoID: j.GetVideoId(), Attempt: j.GetAttempt()},
		Prefix: j.GetOutputPrefix(), PartSize: j.GetPartSize(), Lease: time.Duration(j.GetLeaseMs()) * time.Millisecond,
		Source: media.Object{
			Key: source.GetKey(), Size: source.GetSize(), PartSize: source.GetPartSize(), SHA256: [32]byte(source.GetSha256()),
			ContentType: source.GetContentType(), Whole: source.GetLayout() == videov1.Layout_LAYOUT_WHOLE,
		},
	}, nil
}

func toObject(o media.Object) *videov1.Object {
	layout := videov1.Layout_LAYOUT_PARTS
	if o.Whole {
		layout = videov1.Layout_LAYOUT_WHOLE
	}
	return &videov1.Object{
		Key: o.Key, Size: o.Size, PartSize: o.PartSize, Sha256: o.SHA256[:], ContentType: o.ContentType, Layout: layout,
	}
}

func objectOrNone(o *media.Object) *videov1.Object {
	if o == nil {
		return nil
	}
	return toObject(*o)
}

func toTrack(t media.Track) *videov1.HlsTrack {
	track := &videov1.HlsTrack{
		Name: t.Name, Width: int32(t.Size.Width), Height: int32(t.Size.Height), FrameRate: t.Rate.PerSecond(),
		PeakBandwidth: t.Peak, AverageBandwidth: t.Average, Codecs: t.Codecs,
		Init: toObject(t.Init), Segments: make([]*videov1.HlsSegment, len(t.Objects)),
	}
	for i, o := range t.Objects {
		track.Segments[i] = &videov1.HlsSegment{Object: toObject(o), DurationUs: t.Segments[i].Duration.Microseconds()}
	}
	return track
}
