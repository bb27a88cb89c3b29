// Command douyin runs the whole system on one machine: databases, sidecars,
// services and gateway, from a fresh checkout to a URL.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/cli"
)

func main() {
	err := cli.Run(context.Background(), os.Args[1:])
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
