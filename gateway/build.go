package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/semaphore"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpserver"
	"github.com/douyin-on-dapr/douyin/gateway/internal/media"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	"github.com/douyin-on-dapr/douyin/gateway/internal/statereads"
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	"github.com/douyin-on-dapr/douyin/services/contract"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// signingKeys reads the keys from the secret store.
func signingKeys(ctx context.Context, sidecar *daprx.Sidecar) (token.Keys, error) {
	secret, err := sidecar.Secret(ctx, contract.SecretStore, contract.SecretJWTKeys)
	if err != nil {
		return token.Keys{}, err
	}
	return token.ParseKeys(secret)
}

// peers are the clients of the services. All share the connection to the sidecar.
type peers struct {
	users        userv1.UserServiceClient
	videos       videov1.VideoServiceClient
	interactions interactionv1.InteractionServiceClient
	relations    relationv1.RelationServiceClient
	chats        chatv1.ChatServiceClient
}

func newPeers(sidecar *daprx.Sidecar) peers {
	return peers{
		users:        userv1.NewUserServiceClient(sidecar.Peer(contract.AppUser)),
		videos:       videov1.NewVideoServiceClient(sidecar.Peer(contract.AppVideo)),
		interactions: interactionv1.NewInteractionServiceClient(sidecar.Peer(contract.AppInteraction)),
		relations:    relationv1.NewRelationServiceClient(sidecar.Peer(contract.AppRelation)),
		chats:        chatv1.NewChatServiceClient(sidecar.Peer(contract.AppChat)),
	}
}

// build puts the API together. The function that it returns closes it.
func build(cfg Config, log *slog.Logger, sidecar *daprx.Sidecar, plain *s3store.Store, keys token.Keys, tracer trace.Tracer) (http.Handler, func(), error) {
	p := newPeers(sidecar)
	// A nil store in an interface would not be nil.
	var whole objectstore.Whole
	if plain != nil {
		whole = plain
	}
	var uploads *upload.Direct
	var downloads media.Direct
	if plain != nil && plain.Public() {
		uploads = upload.NewDirect(p.videos, plain, cfg.MaxUploadBytes, time.Now, log)
		downloads = plain
	}
	objects := objectstore.New(sidecar.Blobs(contract.VideoStore), whole)

	composer := compose.New(compose.Options{
		Users: p.users, Videos: p.videos, Interactions: p.interactions, Relations: p.relations, Chats: p.chats,
		Hot:   hotstate.New(statereads.New(sidecar.State(contract.StateStore)), log),
		Links: compose.NewLinks(cfg.PublicBaseURL),
	})
	files, err := media.New(media.Options{Videos: p.videos, Objects: objects, Direct: downloads, Log: log,
		CacheBytes: cfg.MediaCacheBytes, Streams: cfg.MediaStreams})
	if err != nil {
		composer.Close()
		return nil, nil, err
	}
	tokens := token.New(keys, time.Now)
	handler := httpapi.New(httpapi.Deps{
		Pipeline: request.Pipeline{Log: log, LogRequests: request.LogMode(cfg.LogRequests), Tracer: tracer,
			Tokens: tokens, Language: request.Language(cfg.Language), Slots: semaphore.NewWeighted(int64(cfg.RequestsAtOnce))},
		Tokens: tokens, Composer: composer, Media: files,
		Accounts: p.users, Interactions: p.interactions, Relations: p.relations, Chats: p.chats, Videos: p.videos,
		Direct: uploads,
		Uploads: upload.NewReceiver(p.videos, objects, upload.Limits{
			MaxBytes: cfg.MaxUploadBytes, AtOnce: cfg.UploadsAtOnce, PerUser: cfg.UploadsPerUser,
			Wait: cfg.UploadWait, TempDir: cfg.UploadTempDir,
		}, log),
		Ready: readiness(sidecar, p),
		Clock: time.Now,
	})
	return handler, func() { files.Close(); composer.Close() }, nil
}

// readiness asks each program the cheapest question that it answers: about no ids.
func readiness(sidecar *daprx.Sidecar, p peers) *httpserver.Readiness {
	check := func(app contract.App, ask func(context.Context) error) httpserver.Check {
		return httpserver.Check{Name: string(app), Ask: func(ctx context.Context) error { return unlessAnswered(ask(ctx)) }}
	}
	return httpserver.NewReadiness(
		httpserver.Check{Name: "sidecar", Ask: sidecar.WaitReady},
		check(contract.AppUser, func(ctx context.Context) error {
			_, err := p.users.GetProfiles(ctx, &userv1.GetProfilesRequest{})
			return err
		}),
		check(contract.AppVideo, func(ctx context.Context) error {
			_, err := p.videos.CountWorks(ctx, &videov1.CountWorksRequest{})
			return err
		}),
		check(contract.AppInteraction, func(ctx context.Context) error {
			_, err := p.interactions.Lookup(ctx, &interactionv1.LookupRequest{})
			return err
		}),
		check(contract.AppRelation, func(ctx context.Context) error {
			_, err := p.relations.Lookup(ctx, &relationv1.LookupRequest{})
			return err
		}),
		check(contract.AppChat, func(ctx context.Context) error {
			_, err := p.chats.LatestByPeer(ctx, &chatv1.LatestByPeerRequest{})
			return err
		}),
	)
}

// unlessAnswered ignores refusals: a service that refuses is reachable.
func unlessAnswered(err error) error {
	if errs.ReasonOf(err) != "" {
		return nil
	}
	return err
}
