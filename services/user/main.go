// Command user serves accounts, sessions, profiles and activity lists to the other
// programs through its Dapr sidecar. See README.md.
package main

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/groupcommit"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
	"github.com/douyin-on-dapr/douyin/services/user/internal/event"
	"github.com/douyin-on-dapr/douyin/services/user/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/user/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/user/internal/password"
	"github.com/douyin-on-dapr/douyin/services/user/internal/prune"
	"github.com/douyin-on-dapr/douyin/services/user/internal/rpc"
	"github.com/douyin-on-dapr/douyin/services/user/internal/session"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

func main() { server.Main(string(contract.AppUser), run) }

func run(ctx context.Context) error {
	var c Config
	if err := config.Load(&c); err != nil {
		return err
	}
	return program.Run(ctx, program.Options{
		App: contract.AppUser, Config: c.Config,
		DSNSecret: contract.SecretUserDSN, Migrations: mysql.Migrations(),
	}, func(ctx context.Context, p *program.Program) error { return build(ctx, p, c) })
}

func build(ctx context.Context, p *program.Program, c Config) error {
	userIDs, err := p.LeaseIDs(ctx)
	if err != nil {
		return err
	}
	users := user.New(user.Ports{
		Store:     mysql.New(p.DB),
		Passwords: password.New(c.hashing()),
		Hot:       hot.NewProfiles(p.Hot),
		IDs:       userIDs,
		SessionID: session.NewID,
		Clock:     time.Now,
		Log:       p.Log,
	})
	lists := mysql.NewActivities(p.DB, p.Inbox())
	changes := groupcommit.New(activity.Commit(lists), groupcommit.Options{})
	p.OnClose(changes.Close)
	activities := activity.New(lists, changes, time.Now)
	userv1.RegisterUserServiceServer(p, rpc.NewServer(users, activities))
	for topic, handle := range event.Handlers(activities) {
		p.Listen(topic, handle)
	}
	p.Background(func(ctx context.Context) error { return prune.Run(ctx, mysql.NewPruner(p.DB), time.Now, p.Log) })
	return nil
}
