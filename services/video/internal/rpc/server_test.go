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

// newServers returns servers with the real rules on fakes.
func newServers() (*rpc.Server, *rpc.Processing) {
	store := fake.NewStore(fake.NewClock(time.UnixMilli(1_700_000_000_000)))
	videos := video.New(video.Ports{
		Uploads: store, Videos: store, Lifecycles: store, Removals: store,
		Authors: &fake.Authors{Known: map[int64]bool{amy: true}},
		Objects: fake.NewObjects(), Hot: &fake.Hot{}, IDs: &fake.IDs{},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}, video.Limits{
		MaxSize: 100, PartSize: 10, DirectPartSize: 50, Allowance: video.Allowance{OpenUploads: 10, Waiting: 10}, Expiry: time.Hour,
		JobLease: 30 * time.Second, JobTries: 3, Grace: time.Minute, FailedKept: time.Hour,
	})
	return rpc.NewServer(videos, videos), rpc.NewProcessing(videos)
}

func newServer() *rpc.Server {
	s, _ := newServers()
	return s
}

// begin begins an upload and returns the request that commits it.
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
	ctx := context.Background()
	s, p := newServers()
	request := begin(t, s)
	committed, err := s.CommitUpload(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	v := committed.GetVideo()
	want := &videov1.Video{
		Id: request.GetVideoId(), AuthorId: amy, Title: "cat", PublishedAtMs: 1_700_000_000_000,
		State: videov1.State_STATE_UPLOADED, Source: request.GetSource(),
	}
	if !proto.Equal(v, want) {
		t.Fatalf("committed %v, want %v", v, want)
	}
	list := func(own bool) []*videov1.Video {
		r, err := s.ListByAuthor(ctx, &videov1.ListByAuthorRequest{AuthorId: amy, Own: own})
		if err != nil {
			t.Fatal(err)
		}
		return r.GetVideos()
	}
	if own, others := list(true), list(false); len(own) != 1 || len(others) != 0 {
		t.Errorf("before it is ready the author sees %v, others %v", own, others)
	}
	finished := process(t, p)
	want.State, want.ShownAtMs = videov1.State_STATE_READY, 1_700_000_000_000
	want.Play, want.Cover, want.Hls = finished.GetPlay(), finished.GetCover(), finished.GetHls()
	want.DurationMs, want.Width, want.Height = 1_500, 720, 1_280
	reads := map[string]func() ([]*videov1.Video, error){
		"Feed": func() ([]*videov1.Video, error) {
			r, err := s.Feed(ctx, &videov1.FeedRequest{BeforeMs: want.GetShownAtMs() + 1, Limit: 5})
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
	for name, ask := range reads {
		if got, err := ask(); err != nil || len(got) != 1 || !proto.Equal(got[0], want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	older, err := s.Feed(ctx, &videov1.FeedRequest{BeforeMs: want.GetShownAtMs()})
	if err != nil || len(older.GetVideos()) != 0 {
		t.Errorf("before the only video: %v, %v", older, err)
	}
	counts, err := s.CountWorks(ctx, &videov1.CountWorksRequest{UserIds: []int64{5, amy}})
	wantCounts := &videov1.CountWorksResponse{Counts: []*videov1.WorkCount{{UserId: 5}, {UserId: amy, Works: 1}}}
	if err != nil || !proto.Equal(counts, wantCounts) {
		t.Errorf("counts %v, %v; want %v", counts, err, wantCounts)
	}
}

func TestGetUpload(t *testing.T) {
	ctx, s := context.Background(), newServer()
	request := &videov1.BeginUploadRequest{AuthorId: amy, Direct: true}
	begun, err := s.BeginUpload(ctx, request)
	if err != nil || begun.GetPartSize() != 50 {
		t.Fatalf("begun %v, %v", begun, err)
	}
	got, err := s.GetUpload(ctx, &videov1.GetUploadRequest{VideoId: begun.GetVideoId(), AuthorId: amy})
	if want := (&videov1.GetUploadResponse{Upload: begun, Direct: true}); err != nil || !proto.Equal(got, want) {
		t.Errorf("found %v, %v; want %v", got, err, want)
	}
}

func TestDeleteVideo(t *testing.T) {
	ctx, s := context.Background(), newServer()
	request := begin(t, s)
	if _, err := s.CommitUpload(ctx, request); err != nil {
		t.Fatal(err)
	}
	id := request.GetVideoId()
	if _, err := s.DeleteVideo(ctx, &videov1.DeleteVideoRequest{VideoId: id, AuthorId: amy}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.GetVideos(ctx, &videov1.GetVideosRequest{VideoIds: []int64{id}}); err != nil || len(r.GetVideos()) != 0 {
		t.Errorf("still there: %v, %v", r, err)
	}
	missing, err := s.FindMissing(ctx, &videov1.FindMissingRequest{VideoIds: []int64{id}})
	if want := (&videov1.FindMissingResponse{VideoIds: []int64{id}}); err != nil || !proto.Equal(missing, want) {
		t.Errorf("missing %v, %v; want %v", missing, err, want)
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

func TestRefusalsAreReturned(t *testing.T) {
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
		{"FindMissing", func(_ *testing.T, s *rpc.Server) error {
			_, err := s.FindMissing(ctx, &videov1.FindMissingRequest{VideoIds: []int64{-1}})
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
