// Command douyin runs the whole system on one machine: databases, sidecars,
// services and gateway, from a fresh checkout to a URL.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := cli.Run(ctx, os.Args[1:])
	stop()
	var code cli.ExitCode
	var misuse *cli.MisuseError
	switch {
	case err == nil:
	case errors.As(err, &code):
		os.Exit(int(code))
	case errors.As(err, &misuse):
		fmt.Fprintf(os.Stderr, "douyin: %v\n", err)
		os.Exit(cli.ExitMisuse)
	default:
		fmt.Fprintf(os.Stderr, "douyin: %v\n", err)
		os.Exit(1)
	}
}
