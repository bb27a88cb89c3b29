// Command video serves uploads, videos and the feed to the other programs of the
// system, through its Dapr sidecar. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/ids"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
	"github.com/douyin-on-dapr/douyin/services/video/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/video/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/video/internal/peers"
	"github.com/douyin-on-dapr/douyin/services/video/internal/rpc"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func main() { server.Main(string(contract.AppVideo), run) }

func run(ctx context.Context) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var c Config
	if err := config.Load(&c); err != nil {
		return err
	}
	log, flush, err := telemetry.Setup(ctx, telemetry.Options{App: string(contract.AppVideo), LogLevel: c.LogLevel, OTLPEndpoint: c.OTLPEndpoint})
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	defer func() {
		flushing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, flush(flushing))
	}()
	starting, cancel := context.WithTimeout(ctx, c.StartTimeout)
	defer cancel()
	sidecar, err := daprx.Dial(daprx.Options{Address: c.sidecar(), APIToken: c.DaprAPIToken, AppIDSuffix: c.AppIDSuffix})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sidecar.Close()) }()
	db, err := openDatabase(starting, sidecar, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	videoIDs, release, err := ids.Lease(starting, db, time.Now)
	if err != nil {
		return err
	}
	defer release()

	rows := mysql.New(db)
	docs := hot.NewVideos(rows, hotstate.New(sidecar.State(contract.StateStore), log))
	videos := video.New(video.Ports{
		Uploads: rows, Videos: docs, Hot: docs, IDs: videoIDs, Clock: time.Now, Log: log,
		Authors: peers.NewUsers(sidecar.Peer(contract.AppUser)),
		Objects: objectstore.New(sidecar.Blobs(contract.VideoStore)),
	}, c.limits())
	srv := server.New(server.Options{Address: c.address(), APIToken: c.AppAPIToken, Log: log, Ready: db.PingContext})
	videov1.RegisterVideoServiceServer(srv.Registrar(), rpc.NewServer(videos, videos))

	var sweeper sync.WaitGroup
	sweeper.Go(func() { videos.RunSweeper(ctx, c.SweepInterval) })
	defer func() { stop(); sweeper.Wait() }()
	return srv.Run(ctx)
}
