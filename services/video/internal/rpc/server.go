// Package rpc implements VideoService and ProcessingService of the contract with the
// rules of package video. The interceptor of the server encodes errors.
package rpc

import (
	"context"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
	"github.com/douyin-on-dapr/douyin/services/video/internal/wire"
)

// Uploads are the rules for uploads.
type Uploads interface {
	BeginUpload(ctx context.Context, authorID, declared int64, direct bool) (video.Upload, error)
	GetUpload(ctx context.Context, videoID, authorID int64) (video.Upload, error)
	CommitUpload(ctx context.Context, videoID, authorID int64, title string, source video.Object) (video.Video, error)
	AbortUpload(ctx context.Context, videoID, authorID int64) error
}

// Videos are the rules for reading and deleting videos.
type Videos interface {
	Feed(ctx context.Context, beforeMs int64, limit int) ([]video.Video, error)
	ListByAuthor(ctx context.Context, authorID, beforeMs int64, limit int, own bool) (videos []video.Video, nextMs int64, err error)
	GetVideos(ctx context.Context, ids []int64) ([]video.Video, error)
	FindMissing(ctx context.Context, ids []int64) ([]int64, error)
	CountWorks(ctx context.Context, userIDs []int64) ([]video.WorkCount, error)
	DeleteVideo(ctx context.Context, videoID, authorID int64) error
}

var (
	_ Uploads = (*video.Service)(nil)
	_ Videos  = (*video.Service)(nil)
)

// Server implements the generated server interface with Uploads and Videos.
type Server struct {
	videov1.UnimplementedVideoServiceServer
	uploads Uploads
	videos  Videos
}

var _ videov1.VideoServiceServer = (*Server)(nil)

// NewServer returns a Server.
func NewServer(uploads Uploads, videos Videos) *Server {
	return &Server{uploads: uploads, videos: videos}
}

// BeginUpload implements videov1.VideoServiceServer.
func (s *Server) BeginUpload(ctx context.Context, r *videov1.BeginUploadRequest) (*videov1.BeginUploadResponse, error) {
	u, err := s.uploads.BeginUpload(ctx, r.GetAuthorId(), r.GetDeclaredSize(), r.GetDirect())
	if err != nil {
		return nil, err
	}
	return begun(u), nil
}

func begun(u video.Upload) *videov1.BeginUploadResponse {
	return &videov1.BeginUploadResponse{
		VideoId:     u.VideoID,
		ObjectKey:   u.ObjectKey,
		PartSize:    u.PartSize,
		MaxSize:     u.MaxSize,
		ExpiresAtMs: u.ExpiresAtMs,
	}
}

// GetUpload implements videov1.VideoServiceServer.
func (s *Server) GetUpload(ctx context.Context, r *videov1.GetUploadRequest) (*videov1.GetUploadResponse, error) {
	u, err := s.uploads.GetUpload(ctx, r.GetVideoId(), r.GetAuthorId())
	if err != nil {
		return nil, err
	}
	return &videov1.GetUploadResponse{Upload: begun(u), Direct: u.Layout == video.LayoutWhole}, nil
}

// CommitUpload implements videov1.VideoServiceServer.
func (s *Server) CommitUpload(ctx context.Context, r *videov1.CommitUploadRequest) (*videov1.CommitUploadResponse, error) {
	source, err := wire.ToObject(r.GetSource())
	if err != nil {
		return nil, err
	}
	v, err := s.uploads.CommitUpload(ctx, r.GetVideoId(), r.GetAuthorId(), r.GetTitle(), source)
	if err != nil {
		return nil, err
	}
	return &videov1.CommitUploadResponse{Video: wire.FromVideo(v)}, nil
}

// AbortUpload implements videov1.VideoServiceServer.
func (s *Server) AbortUpload(ctx context.Context, r *videov1.AbortUploadRequest) (*videov1.AbortUploadResponse, error) {
	if err := s.uploads.AbortUpload(ctx, r.GetVideoId(), r.GetAuthorId()); err != nil {
		return nil, err
	}
	return &videov1.AbortUploadResponse{}, nil
}

// DeleteVideo implements videov1.VideoServiceServer.
func (s *Server) DeleteVideo(ctx context.Context, r *videov1.DeleteVideoRequest) (*videov1.DeleteVideoResponse, error) {
	if err := s.videos.DeleteVideo(ctx, r.GetVideoId(), r.GetAuthorId()); err != nil {
		return nil, err
	}
	return &videov1.DeleteVideoResponse{}, nil
}

// Feed implements videov1.VideoServiceServer.
func (s *Server) Feed(ctx context.Context, r *videov1.FeedRequest) (*videov1.FeedResponse, error) {
	videos, err := s.videos.Feed(ctx, r.GetBeforeMs(), int(r.GetLimit()))
	if err != nil {
		return nil, err
	}
	return &videov1.FeedResponse{Videos: wire.FromVideos(videos)}, nil
}

// ListByAuthor implements videov1.VideoServiceServer.
func (s *Server) ListByAuthor(ctx context.Context, r *videov1.ListByAuthorRequest) (*videov1.ListByAuthorResponse, error) {
	videos, next, err := s.videos.ListByAuthor(ctx, r.GetAuthorId(), r.GetBeforeMs(), int(r.GetLimit()), r.GetOwn())
	if err != nil {
		return nil, err
	}
	return &videov1.ListByAuthorResponse{Videos: wire.FromVideos(videos), NextBeforeMs: next}, nil
}

// GetVideos implements videov1.VideoServiceServer.
func (s *Server) GetVideos(ctx context.Context, r *videov1.GetVideosRequest) (*videov1.GetVideosResponse, error) {
	videos, err := s.videos.GetVideos(ctx, r.GetVideoIds())
	if err != nil {
		return nil, err
	}
	response := &videov1.GetVideosResponse{Videos: wire.FromVideos(videos)}
	if r.GetWithWorks() {
		response.Works, err = s.works(ctx, authorsOf(videos))
	}
	return response, err
}

func authorsOf(videos []video.Video) []int64 {
	authors := make([]int64, len(videos))
	for i, v := range videos {
		authors[i] = v.AuthorID
	}
	return authors
}

// FindMissing implements videov1.VideoServiceServer.
func (s *Server) FindMissing(ctx context.Context, r *videov1.FindMissingRequest) (*videov1.FindMissingResponse, error) {
	missing, err := s.videos.FindMissing(ctx, r.GetVideoIds())
	if err != nil {
		return nil, err
	}
	return &videov1.FindMissingResponse{VideoIds: missing}, nil
}

// CountWorks implements videov1.VideoServiceServer.
func (s *Server) CountWorks(ctx context.Context, r *videov1.CountWorksRequest) (*videov1.CountWorksResponse, error) {
	counts, err := s.works(ctx, r.GetUserIds())
	if err != nil {
		return nil, err
	}
	return &videov1.CountWorksResponse{Counts: counts}, nil
}

// works counts the ready videos of each user once, in order.
func (s *Server) works(ctx context.Context, userIDs []int64) ([]*videov1.WorkCount, error) {
	counts, err := s.videos.CountWorks(ctx, userIDs)
	if err != nil {
		return nil, err
	}
	messages := make([]*videov1.WorkCount, len(counts))
	for i, count := range counts {
		messages[i] = &videov1.WorkCount{UserId: count.UserID, Works: count.Works}
	}
	return messages, nil
}
