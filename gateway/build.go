package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/media"
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	"github.com/douyin-on-dapr/douyin/services/contract"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// signingKeys waits for the sidecar and reads the keys from its secret store.
func signingKeys(ctx context.Context, sidecar *daprx.Sidecar, limit time.Duration) (token.Keys, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := sidecar.WaitReady(ctx); err != nil {
		return token.Keys{}, err
	}
	secret, err := sidecar.Secret(ctx, contract.SecretStore, contract.SecretJWTKeys)
	if err != nil {
		return token.Keys{}, err
	}
	return token.ParseKeys(secret)
}

// build puts the API together. The function it returns ends it.
func build(cfg Config, log *slog.Logger, sidecar *daprx.Sidecar, keys token.Keys, tracer trace.Tracer) (http.Handler, func(), error) {
	users := userv1.NewUserServiceClient(sidecar.Peer(contract.AppUser))
	videos := videov1.NewVideoServiceClient(sidecar.Peer(contract.AppVideo))
	objects := objectstore.New(sidecar.Blobs(contract.VideoStore))

	composer, err := compose.New(compose.Options{
		Users: users, Videos: videos,
		Hot:   hotstate.New(sidecar.State(contract.StateStore), log),
		Links: compose.NewLinks(cfg.PublicBaseURL),
	})
	if err != nil {
		return nil, nil, err
	}
	files, err := media.New(media.Options{Videos: videos, Objects: objects, Log: log,
		CacheBytes: cfg.MediaCacheBytes, Streams: cfg.MediaStreams})
	if err != nil {
		composer.Close()
		return nil, nil, err
	}
	handler := httpapi.New(httpapi.Deps{
		Log: log, Tracer: tracer,
		Tokens: token.New(keys, time.Now), Accounts: users, Composed: composer, Media: files,
		Uploads: httpapi.NewUploads(videos, objects, httpapi.UploadLimits{
			MaxBytes: cfg.MaxUploadBytes, AtOnce: cfg.UploadsAtOnce, PerUser: cfg.UploadsPerUser,
			Wait: cfg.UploadWait, TempDir: cfg.UploadTempDir,
		}, log),
		Ready:    readiness(sidecar, users, videos),
		Language: httpapi.Language(cfg.Language),
		Clock:    time.Now,
	})
	return handler, func() { files.Close(); composer.Close() }, nil
}

// readiness asks each part the cheapest question it answers: about nobody.
func readiness(sidecar *daprx.Sidecar, users userv1.UserServiceClient, videos videov1.VideoServiceClient) *httpapi.Readiness {
	return httpapi.NewReadiness(
		httpapi.Check{Name: "sidecar", Ask: sidecar.WaitReady},
		httpapi.Check{Name: string(contract.AppUser), Ask: func(ctx context.Context) error {
			_, err := users.GetProfiles(ctx, &userv1.GetProfilesRequest{})
			return unlessAnswered(err)
		}},
		httpapi.Check{Name: string(contract.AppVideo), Ask: func(ctx context.Context) error {
			_, err := videos.CountWorks(ctx, &videov1.CountWorksRequest{})
			return unlessAnswered(err)
		}},
	)
}

// unlessAnswered drops refusals: a service that refuses is reachable.
func unlessAnswered(err error) error {
	if errs.ReasonOf(err) != "" {
		return nil
	}
	return err
}
