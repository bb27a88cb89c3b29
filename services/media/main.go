// Command media transcodes uploaded videos for the video service. It calls the
// service through its Dapr sidecar. See README.md.
package main

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/contract"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/event"
	"github.com/douyin-on-dapr/douyin/services/media/internal/ffmpeg"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/objects"
	"github.com/douyin-on-dapr/douyin/services/media/internal/peers"
	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

func main() {
	sandbox.BecomeChild()
	server.Main(string(contract.AppMedia), run)
}

func run(ctx context.Context) error {
	var c Config
	if err := config.Load(&c); err != nil {
		return err
	}
	return program.Run(ctx, program.Options{
		App: contract.AppMedia, Config: c.Config,
	}, func(ctx context.Context, p *program.Program) error { return build(ctx, p, c) })
}

func build(ctx context.Context, p *program.Program, c Config) error {
	store, err := p.Objects(ctx, c.S3)
	if err != nil {
		return err
	}
	box, err := sandbox.New(ctx, c.Sandbox, c.TempDir, p.Log)
	if err != nil {
		return err
	}
	programs, err := ffmpeg.New(ctx, box, c.programs())
	if err != nil {
		box.Close()
		return err
	}
	jobs := peers.NewJobs(p.Sidecar.Peer(contract.AppVideo))
	workers := media.New(media.Ports{
		Jobs: jobs, Index: jobs, Transcoder: programs, Log: p.Log,
		Objects: objects.New(store),
	}, c.options())
	p.Listen(eventv1.TopicVideoUploaded, event.Uploaded(workers.Wake))
	p.Background(func(ctx context.Context) error {
		defer box.Close()
		return workers.Run(ctx)
	})
	return nil
}
