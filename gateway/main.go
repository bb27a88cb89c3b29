// The gateway is the public side of the system: it speaks the client's HTTP and
// JSON, knows the user from the token alone, and composes the answers of the
// services. It owns no data. It reaches everything behind it through its sidecar.
package main

import (
	"context"
	"fmt"
	"net"

	"go.opentelemetry.io/otel"

	"github.com/douyin-on-dapr/douyin/gateway/internal/httpserver"
	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

func main() { server.Main(string(contract.AppGateway), run) }

func run(ctx context.Context) error {
	var cfg Config
	if err := config.Load(&cfg); err != nil {
		return err
	}
	return program.Run(ctx, program.Options{
		App: contract.AppGateway, Config: program.Config{Base: cfg.Base, StartTimeout: cfg.StartTimeout},
	}, func(ctx context.Context, p *program.Program) error { return assemble(ctx, p, cfg) })
}

// assemble makes the program serve the API on its public address.
func assemble(ctx context.Context, p *program.Program, cfg Config) error {
	cfg.warn(p.Log)
	keys, err := signingKeys(ctx, p.Sidecar)
	if err != nil {
		return err
	}
	plain, err := s3store.Connect(ctx, cfg.S3, p.Sidecar)
	if err != nil {
		return err
	}
	api, closeAPI, err := build(cfg, p.Log, p.Sidecar, plain, keys, otel.Tracer("gateway"))
	if err != nil {
		return err
	}
	p.OnClose(func() error { closeAPI(); return nil })
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("GATEWAY_ADDR: %w", err)
	}
	p.Log.Info("ready", "address", listener.Addr().String(), "public", cfg.PublicBaseURL)
	p.Background(func(ctx context.Context) error { return httpserver.Serve(ctx, listener, api, p.Log) })
	return nil
}
