// Command chat serves conversations to the other programs through its Dapr
// sidecar. See README.md.
package main

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/peers"
	"github.com/douyin-on-dapr/douyin/services/chat/internal/rpc"
	"github.com/douyin-on-dapr/douyin/services/contract"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/groupcommit"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// writers is how many batches are committed at the same time: one that waits for a
// lock or for the state store does not stop the other.
const writers = 2

func main() { server.Main(string(contract.AppChat), run) }

func run(ctx context.Context) error {
	var c Config
	if err := config.Load(&c); err != nil {
		return err
	}
	return program.Run(ctx, program.Options{
		App: contract.AppChat, Config: c.Config,
		DSNSecret: contract.SecretChatDSN, Migrations: mysql.Migrations(),
	}, func(ctx context.Context, p *program.Program) error { return build(ctx, p, c.Policy) })
}

func build(ctx context.Context, p *program.Program, policy chat.Policy) error {
	users, err := peers.NewUsers(p.Sidecar.Peer(contract.AppUser))
	if err != nil {
		return err
	}
	messageIDs, err := p.LeaseIDs(ctx)
	if err != nil {
		return err
	}
	docs := hot.New(p.Hot)
	rows := mysql.New(p.DB, p.Outbox(docs.BeforePublish))
	writer := groupcommit.New(chat.Commit(rows, docs), groupcommit.Options{Workers: writers})
	p.OnClose(writer.Close)
	service := chat.New(chat.Ports{
		Writer: writer, Messages: rows, Positions: rows, Hot: docs,
		Users: users, Relations: peers.NewRelations(p.Sidecar.Peer(contract.AppRelation)),
		IDs: messageIDs, Clock: time.Now, Policy: policy, TraceParent: outbox.TraceParent,
	})
	chatv1.RegisterChatServiceServer(p, rpc.New(service))
	p.Background(func(ctx context.Context) error { return chat.RunPruning(ctx, rows, time.Now, p.Log) })
	return nil
}
