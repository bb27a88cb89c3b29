// Command bench measures a running stack: it seeds a data set, drives every
// endpoint of the public API, checks every answer, and prints requests per second,
// latency and the cost of a request in every part of the system.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
