package rpc_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/video/internal/rpc"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

const amy = int64(1)

// newServer is the server on the real rules and fakes of all else.
func newServer() *rpc.Server {
	store := fake.NewStore()
	videos := video.New(video.Ports{
		Uploads: store, Videos: store, Authors: &fake.Authors{Known: map[int64]bool{amy: true}},
		Objects: fake.NewObjects(), Hot: &fake.Hot{}, IDs: &fake.IDs{},
		Clock: fake.NewClock(time.UnixMilli(1_700_000_000_000)).Now,
		Log:   slog.New(slog.NewTextHandler(io.Discard, nil)),
	}, video.Limits{MaxSize: 100, PartSize: 10, OpenUploads: 10, Expiry: time.Hour})
	return rpc.NewServer(videos, videos)
}

// begin opens an upload and makes the request that commits it.
func begin(t *testing.T, s *rpc.Server) *videov1.CommitUploadRequest {
	t.Helper()
	begun, err := s.BeginUpload(context.Background(), &videov1.BeginUploadRequest{AuthorId: amy, DeclaredSize: 50})
	if err != nil {
		t.Fatal(err)
	}
	want := &videov1.BeginUploadResponse{
		VideoId: begun.GetVideoId(), ObjectKey: begun.GetObjectKey(),
		PartSize: 10, MaxSize: 50, ExpiresAtMs: 1_700_000_000_000 + time.Hour.Milliseconds(),
	}
	if !proto.Equal(begun, want) || begun.GetVideoId() == 0 || begun.GetObjectKey() == "" {
		t.Fatalf("begun %v, want %v", begun, want)
	}
	sum := sha256.Sum256([]byte(begun.GetObjectKey()))
	return &videov1.CommitUploadRequest{
		VideoId: begun.GetVideoId(), AuthorId: amy, Title: "cat",
		Source: &videov1.Object{Key: begun.GetObjectKey(), Size: 25, PartSize: 10, Sha256: sum[:], ContentType: "video/mp4"},
	}
}

func TestUploadToFeed(t *testing.T) {
	ctx, s := context.Background(), newServer()
	request := begin(t, s)
	committed, err := s.CommitUpload(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	v := committed.GetVideo()
	want := &videov1.Video{
		Id: request.GetVideoId(), AuthorId: amy, Title: "cat", PublishedAtMs: 1_700_000_000_000,
		State: videov1.State_STATE_READY, Source: request.GetSource(),
	}
	if !proto.Equal(v, want) {
		t.Fatalf("committed %v, want %v", v, want)
	}
	answers := map[string]func() ([]*videov1.Video, error){
		"Feed": func() ([]*videov1.Video, error) {
			r, err := s.Feed(ctx, &videov1.FeedRequest{BeforeMs: v.GetPublishedAtMs() + 1, Limit: 5})
			return r.GetVideos(), err
		},
		"ListByAuthor": func() ([]*videov1.Video, error) {
			r, err := s.ListByAuthor(ctx, &videov1.ListByAuthorRequest{AuthorId: amy})
			return r.GetVideos(), err
		},
		"GetVideos": func() ([]*videov1.Video, error) {
			r, err := s.GetVideos(ctx, &videov1.GetVideosRequest{VideoIds: []int64{v.GetId(), 999}})
			return r.GetVideos(), err
		},
	}
	for name, ask := range answers {
		if got, err := ask(); err != nil || len(got) != 1 || !proto.Equal(got[0], want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	older, err := s.Feed(ctx, &videov1.FeedRequest{BeforeMs: v.GetPublishedAtMs()})
	if err != nil || len(older.GetVideos()) != 0 {
		t.Errorf("older than the only one: %v, %v", older, err)
	}
	counts, err := s.CountWorks(ctx, &videov1.CountWorksRequest{UserIds: []int64{5, amy}})
	wantCounts := &videov1.CountWorksResponse{Counts: []*videov1.WorkCount{{UserId: 5}, {UserId: amy, Works: 1}}}
	if err != nil || !proto.Equal(counts, wantCounts) {
		t.Errorf("counts %v, %v; want %v", counts, err, wantCounts)
	}
}

func TestAbortUpload(t *testing.T) {
	ctx, s := context.Background(), newServer()
	request := begin(t, s)
	abort := &videov1.AbortUploadRequest{VideoId: request.GetVideoId(), AuthorId: amy}
	if _, err := s.AbortUpload(ctx, abort); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CommitUpload(ctx, request); !errors.Is(err, video.ErrUploadUnknown) {
		t.Errorf("commit after abort: %v", err)
	}
}

func TestRefusalsComeThroughAsTheyAre(t *testing.T) {
	ctx := context.Background()
	tests := []struct {
		name string
		call func(*testing.T, *rpc.Server) error
		want error
	}{
		{"BeginUpload", func(_ *testing.T, s *rpc.Server) error {
			_, err := s.BeginUpload(ctx, &videov1.BeginUploadRequest{AuthorId: 99})
			return err
		}, video.ErrUserUnknown},
		{"CommitUpload/Checksum", func(t *testing.T, s *rpc.Server) error {
			request := begin(t, s)
			request.Source.Sha256 = request.Source.Sha256[1:]
			_, err := s.CommitUpload(ctx, request)
			return err
		}, video.ErrObjectInvalid},
		{"CommitUpload/Title", func(t *testing.T, s *rpc.Server) error {
			request := begin(t, s)
			request.Title = ""
			_, err := s.CommitUpload(ctx, request)
			return err
		}, video.ErrTitleInvalid},
		{"AbortUpload", func(t *testing.T, s *rpc.Server) error {
			request := begin(t, s)
			if _, err := s.CommitUpload(ctx, request); err != nil {
				t.Fatal(err)
			}
			_, err := s.AbortUpload(ctx, &videov1.AbortUploadRequest{VideoId: request.GetVideoId(), AuthorId: amy})
			return err
		}, video.ErrUploadCommitted},
		{"Feed", func(_ *testing.T, s *rpc.Server) error {
			_, err := s.Feed(ctx, &videov1.FeedRequest{Limit: 101})
			return err
		}, video.ErrRequestInvalid},
		{"ListByAuthor", func(_ *testing.T, s *rpc.Server) error {
			_, err := s.ListByAuthor(ctx, &videov1.ListByAuthorRequest{})
			return err
		}, video.ErrRequestInvalid},
		{"GetVideos", func(_ *testing.T, s *rpc.Server) error {
			_, err := s.GetVideos(ctx, &videov1.GetVideosRequest{VideoIds: []int64{-1}})
			return err
		}, video.ErrRequestInvalid},
		{"CountWorks", func(_ *testing.T, s *rpc.Server) error {
			_, err := s.CountWorks(ctx, &videov1.CountWorksRequest{UserIds: []int64{0}})
			return err
		}, video.ErrRequestInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.call(t, newServer()); !errors.Is(err, tt.want) {
				t.Errorf("error is %v, want %v", err, tt.want)
			}
		})
	}
}
