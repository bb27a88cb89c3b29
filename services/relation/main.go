// Command relation serves follows and friends to the other programs through its
// Dapr sidecar. See README.md.
package main

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/groupcommit"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/peers"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/rpc"
)

// writers is how many batches are committed at the same time: one that waits for a
// lock or for the state store does not stop the other.
const writers = 2

func main() { server.Main(string(contract.AppRelation), run) }

func run(ctx context.Context) error {
	var c Config
	if err := config.Load(&c); err != nil {
		return err
	}
	return program.Run(ctx, program.Options{
		App: contract.AppRelation, Config: c.Config,
		DSNSecret: contract.SecretRelationDSN, Migrations: mysql.Migrations(),
	}, build)
}

func build(_ context.Context, p *program.Program) error {
	users, err := peers.NewUsers(p.Sidecar.Peer(contract.AppUser))
	if err != nil {
		return err
	}
	docs := hot.New(p.Hot)
	rows := mysql.New(p.DB, p.Outbox(docs.BeforePublish))
	writer := groupcommit.New(relation.Commit(rows, docs), groupcommit.Options{Workers: writers})
	p.OnClose(writer.Close)
	service := relation.New(relation.Ports{
		Writer: writer, Store: rows, Users: users, Hot: docs, Clock: time.Now, TraceParent: outbox.TraceParent,
	})
	relationv1.RegisterRelationServiceServer(p, rpc.New(service))
	return nil
}
