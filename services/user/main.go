// Command user serves accounts, sessions and profiles to the other programs of
// the system, through its Dapr sidecar. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/platform/ids"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
	"github.com/douyin-on-dapr/douyin/services/user/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/user/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/user/internal/password"
	"github.com/douyin-on-dapr/douyin/services/user/internal/rpc"
	"github.com/douyin-on-dapr/douyin/services/user/internal/session"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

func main() { server.Main(string(contract.AppUser), run) }

func run(ctx context.Context) (err error) {
	var c Config
	if err := config.Load(&c); err != nil {
		return err
	}
	log, flush, err := telemetry.Setup(ctx, telemetry.Options{App: string(contract.AppUser), LogLevel: c.LogLevel, OTLPEndpoint: c.OTLPEndpoint})
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
	userIDs, release, err := ids.Lease(starting, db, time.Now)
	if err != nil {
		return err
	}
	defer release()

	users := user.New(user.Ports{
		Store:     mysql.New(db),
		Passwords: password.New(c.hashing()),
		Hot:       hot.NewProfiles(hotstate.New(sidecar.State(contract.StateStore), log)),
		IDs:       userIDs,
		SessionID: session.NewID,
		Clock:     time.Now,
		Log:       log,
	})
	srv := server.New(server.Options{Address: c.address(), APIToken: c.AppAPIToken, Log: log, Ready: db.PingContext})
	userv1.RegisterUserServiceServer(srv.Registrar(), rpc.NewServer(users))
	return srv.Run(ctx)
}
