package server

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	dapr "github.com/dapr/go-sdk/client"

	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
)

// Main is a program's main function. It calls run with a context that ends with SIGINT
// or SIGTERM. An error becomes one JSON line on standard error and exit code 1. A
// second signal kills the program.
func Main(app string, run func(ctx context.Context) error) {
	// The SDK would log plain text between the JSON lines.
	dapr.SetLogger(log.New(io.Discard, "", 0))
	os.Exit(exitCode(context.Background(), app, run, os.Stderr))
}

func exitCode(ctx context.Context, app string, run func(ctx context.Context) error, out io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	err := run(ctx)
	if err == nil || ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return 0
	}
	telemetry.NewLogger(out, slog.LevelInfo).Error("program failed", slog.String("app", app), slog.String("error", err.Error()))
	return 1
}
