// Command video serves uploads, videos and the feed through its Dapr sidecar. See
// README.md.
package main

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/contract"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/video/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/video/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/video/internal/peers"
	"github.com/douyin-on-dapr/douyin/services/video/internal/rpc"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func main() { server.Main(string(contract.AppVideo), run) }

func run(ctx context.Context) error {
	var c Config
	if err := config.Load(&c); err != nil {
		return err
	}
	return program.Run(ctx, program.Options{
		App: contract.AppVideo, Config: c.Config,
		DSNSecret: contract.SecretVideoDSN, Migrations: mysql.Migrations,
	}, func(ctx context.Context, p *program.Program) error { return build(ctx, p, c) })
}

func build(ctx context.Context, p *program.Program, c Config) error {
	videoIDs, err := p.LeaseIDs(ctx)
	if err != nil {
		return err
	}
	objects, err := p.Objects(ctx, c.S3)
	if err != nil {
		return err
	}
	rows := mysql.New(p.DB, p.Outbox(hot.BeforePublish(p.Hot),
		eventv1.TopicVideoUploaded, eventv1.TopicVideoReady, eventv1.TopicVideoFailed, eventv1.TopicVideoDeleted))
	docs := hot.NewVideos(rows, p.Hot)
	videos := video.New(video.Ports{
		Uploads: rows, Videos: docs, Lifecycles: rows, Removals: rows, Tombstones: rows,
		Hot: docs, IDs: videoIDs, Log: p.Log,
		Authors: peers.NewUsers(p.Sidecar.Peer(contract.AppUser)),
		Objects: remover{objects},
	}, c.limits())
	videov1.RegisterVideoServiceServer(p, rpc.NewServer(videos, videos))
	videov1.RegisterProcessingServiceServer(p, rpc.NewProcessing(videos))
	p.Background(func(ctx context.Context) error {
		videos.RunSweeper(ctx, c.SweepInterval)
		return nil
	})
	return nil
}

// remover implements video.Objects on an object store.
type remover struct{ *objectstore.Store }

func (r remover) Remove(ctx context.Context, layout video.Layout, extents ...video.Extent) error {
	remove := make([]objectstore.Extent, len(extents))
	for i, e := range extents {
		remove[i] = objectstore.Extent{Key: e.Key, Parts: e.Parts, Layout: objectstore.Layout(layout)}
	}
	return r.Store.Remove(ctx, remove...)
}
