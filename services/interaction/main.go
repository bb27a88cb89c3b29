// Command interaction serves likes and comments to the other programs through its
// Dapr sidecar. See README.md.
package main

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/event"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/peers"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/rpc"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/groupcommit"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// purgeInterval is how often the purger looks for deleted videos if no event wakes
// it.
const purgeInterval = 5 * time.Second

// reconcileInterval is how often the purger asks about 500 videos whether they were
// deleted.
const reconcileInterval = time.Minute

// writers is how many batches are committed at the same time: one that waits for a
// lock or for the state store does not stop the other.
const writers = 2

func main() { server.Main(string(contract.AppInteraction), run) }

func run(ctx context.Context) error {
	var c Config
	if err := config.Load(&c); err != nil {
		return err
	}
	return program.Run(ctx, program.Options{
		App: contract.AppInteraction, Config: c.Config,
		DSNSecret: contract.SecretInteractionDSN, Migrations: mysql.Migrations(),
	}, build)
}

func build(ctx context.Context, p *program.Program) error {
	videos, err := peers.NewVideos(p.Sidecar.Peer(contract.AppVideo))
	if err != nil {
		return err
	}
	commentIDs, err := p.LeaseIDs(ctx)
	if err != nil {
		return err
	}
	docs := hot.New(p.Hot)
	rows := mysql.New(p.DB, p.Outbox(docs.BeforePublish))
	writer := groupcommit.New(interaction.Commit(rows, docs), groupcommit.Options{Workers: writers})
	p.OnClose(writer.Close)
	service := interaction.New(interaction.Ports{
		Writer: writer, Likes: rows, Comments: rows, Stats: rows,
		Videos: videos, Hot: docs, IDs: commentIDs, Clock: time.Now, TraceParent: outbox.TraceParent,
	})
	purger := interaction.NewPurger(interaction.PurgerPorts{
		Purges: rows, Authors: videos, Owner: videos, Hot: docs, Clock: time.Now, Log: p.Log,
	})
	interactionv1.RegisterInteractionServiceServer(p, rpc.New(service))
	p.Listen(eventv1.TopicVideoDeleted, event.VideoDeleted(purger))
	p.Background(func(ctx context.Context) error { return purger.Run(ctx, purgeInterval) })
	p.Background(func(ctx context.Context) error { return purger.RunReconciler(ctx, reconcileInterval) })
	return nil
}
