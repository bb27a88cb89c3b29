package fake

import (
	"context"
	"strconv"

	"google.golang.org/grpc"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Feed lists videos before a moment, newest first.
func (v *Videos) Feed(_ context.Context, in *videov1.FeedRequest, _ ...grpc.CallOption) (*videov1.FeedResponse, error) {
	if err := v.note("Feed"); err != nil {
		return nil, err
	}
	limit := int(in.GetLimit())
	if limit == 0 {
		limit = 30
	}
	before := in.GetBeforeMs()
	v.mu.Lock()
	defer v.mu.Unlock()
	return &videov1.FeedResponse{Videos: v.newest(func(o *videov1.Video) bool { return before == 0 || o.PublishedAtMs < before }, limit)}, nil
}

// ListByAuthor lists the videos of one author, newest first.
func (v *Videos) ListByAuthor(_ context.Context, in *videov1.ListByAuthorRequest, _ ...grpc.CallOption) (*videov1.ListByAuthorResponse, error) {
	if err := v.note("ListByAuthor"); err != nil {
		return nil, err
	}
	limit := int(in.GetLimit())
	if limit == 0 {
		limit = 1000
	}
	before := in.GetBeforeMs()
	v.mu.Lock()
	defer v.mu.Unlock()
	answer := &videov1.ListByAuthorResponse{Videos: v.newest(func(o *videov1.Video) bool {
		return o.AuthorId == in.GetAuthorId() && (before == 0 || o.PublishedAtMs < before)
	}, limit+1)}
	if len(answer.Videos) > limit {
		answer.Videos = answer.Videos[:limit]
		answer.NextBeforeMs = answer.Videos[limit-1].GetPublishedAtMs()
	}
	return answer, nil
}

// GetVideos leaves out unknown ids.
func (v *Videos) GetVideos(_ context.Context, in *videov1.GetVideosRequest, _ ...grpc.CallOption) (*videov1.GetVideosResponse, error) {
	if err := v.note("GetVideos"); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	out := &videov1.GetVideosResponse{}
	for _, id := range in.GetVideoIds() {
		out.Videos = append(out.Videos, v.newest(func(o *videov1.Video) bool { return o.Id == id }, 1)...)
	}
	if in.GetWithWorks() {
		out.Works = v.works(out.Videos)
	}
	return out, nil
}

// works counts for the author of each video, each once.
func (v *Videos) works(videos []*videov1.Video) []*videov1.WorkCount {
	var counts []*videov1.WorkCount
	seen := map[int64]bool{}
	for _, of := range videos {
		author := of.GetAuthorId()
		if !seen[author] {
			seen[author] = true
			works := v.newest(func(o *videov1.Video) bool { return o.AuthorId == author }, len(v.videos))
			counts = append(counts, &videov1.WorkCount{UserId: author, Works: int64(len(works))})
		}
	}
	return counts
}

// CountWorks counts the videos of each user.
func (v *Videos) CountWorks(_ context.Context, in *videov1.CountWorksRequest, _ ...grpc.CallOption) (*videov1.CountWorksResponse, error) {
	if err := v.note("CountWorks"); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	out := &videov1.CountWorksResponse{}
	for _, id := range in.GetUserIds() {
		works := v.newest(func(o *videov1.Video) bool { return o.AuthorId == id }, len(v.videos))
		out.Counts = append(out.Counts, &videov1.WorkCount{UserId: id, Works: int64(len(works))})
	}
	return out, nil
}

// BeginUpload opens an upload.
func (v *Videos) BeginUpload(_ context.Context, in *videov1.BeginUploadRequest, _ ...grpc.CallOption) (*videov1.BeginUploadResponse, error) {
	if err := v.note("BeginUpload"); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	maxSize, partSize := v.MaxSize, v.PartSize
	if maxSize == 0 {
		maxSize = 1 << 20
	}
	if partSize == 0 {
		partSize = 1 << 10
	}
	if in.GetDeclaredSize() > maxSize {
		return nil, errs.New(errs.Invalid, "VIDEO_TOO_LARGE", "the video is too large")
	}
	if in.GetDeclaredSize() > 0 {
		maxSize = in.GetDeclaredSize()
	}
	id := v.id()
	if v.open == nil {
		v.open = map[int64]int64{}
	}
	v.open[id] = in.GetAuthorId()
	return &videov1.BeginUploadResponse{VideoId: id, ObjectKey: objectKey(id), PartSize: partSize, MaxSize: maxSize}, nil
}

// CommitUpload publishes an upload; repeating it is success.
func (v *Videos) CommitUpload(_ context.Context, in *videov1.CommitUploadRequest, _ ...grpc.CallOption) (*videov1.CommitUploadResponse, error) {
	if err := v.note("CommitUpload"); err != nil {
		return nil, err
	}
	made, err := v.commit(in)
	if v.LoseCommits && err == nil {
		return nil, errs.New(errs.Timeout, "", "")
	}
	return made, err
}

func (v *Videos) commit(in *videov1.CommitUploadRequest) (*videov1.CommitUploadResponse, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if done := v.newest(func(o *videov1.Video) bool { return o.Id == in.GetVideoId() }, 1); len(done) > 0 {
		return &videov1.CommitUploadResponse{Video: done[0]}, nil
	}
	if author, open := v.open[in.GetVideoId()]; !open || author != in.GetAuthorId() {
		return nil, errs.New(errs.NotFound, "UPLOAD_UNKNOWN", "there is no such upload")
	}
	if in.GetTitle() == "" {
		return nil, errs.New(errs.Invalid, "TITLE_INVALID", "the title must have 1 to 128 characters")
	}
	delete(v.open, in.GetVideoId())
	made := v.publish(in.GetVideoId(), in.GetAuthorId(), 1_700_000_000_000+in.GetVideoId(), in.GetTitle(), in.GetSource())
	return &videov1.CommitUploadResponse{Video: made}, nil
}

// AbortUpload gives an upload up.
func (v *Videos) AbortUpload(ctx context.Context, in *videov1.AbortUploadRequest, _ ...grpc.CallOption) (*videov1.AbortUploadResponse, error) {
	if err := v.note("AbortUpload"); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if done := v.newest(func(o *videov1.Video) bool { return o.Id == in.GetVideoId() }, 1); len(done) > 0 {
		return nil, errs.New(errs.Conflict, "UPLOAD_COMMITTED", "this upload is a video already")
	}
	if author, open := v.open[in.GetVideoId()]; open && author == in.GetAuthorId() {
		delete(v.open, in.GetVideoId())
		v.aborted++
		if v.Blobs != nil {
			v.Blobs.drop(objectKey(in.GetVideoId()))
		}
	}
	return &videov1.AbortUploadResponse{}, nil
}

func objectKey(id int64) string { return "videos/" + strconv.FormatInt(id, 10) }
