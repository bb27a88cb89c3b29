// The gateway is the public side of the system: it speaks the client's HTTP and
// JSON, knows who asks from the token alone, and puts together what the services
// answer. It owns no data. Everything behind it is reached through its sidecar.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/douyin-on-dapr/douyin/gateway/internal/httpserver"
	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
)

func main() { server.Main(string(contract.AppGateway), run) }

func run(ctx context.Context) (err error) {
	var cfg Config
	if err := config.Load(&cfg); err != nil {
		return err
	}
	log, flush, err := telemetry.Setup(ctx, telemetry.Options{App: string(contract.AppGateway), LogLevel: cfg.LogLevel, OTLPEndpoint: cfg.OTLPEndpoint})
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		err = errors.Join(err, flush(last))
	}()
	cfg.warn(log)
	sidecar, err := daprx.Dial(daprx.Options{
		Address:  fmt.Sprintf("127.0.0.1:%d", cfg.DaprGRPCPort),
		APIToken: cfg.DaprAPIToken, AppIDSuffix: cfg.AppIDSuffix,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sidecar.Close()) }()
	keys, err := signingKeys(ctx, sidecar, cfg.StartTimeout)
	if err != nil {
		return err
	}
	plain, err := plainStore(ctx, cfg, sidecar)
	if err != nil {
		return err
	}
	api, closeAPI, err := build(cfg, log, sidecar, plain, keys, otel.Tracer("gateway"))
	if err != nil {
		return err
	}
	defer closeAPI()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("GATEWAY_ADDR: %w", err)
	}
	log.Info("ready", "address", listener.Addr().String(), "public", cfg.PublicBaseURL)
	return httpserver.Serve(ctx, listener, api, log)
}
