// Command proxy listens at one address and distributes requests over several
// gateways. It logs which gateways it leaves out, as JSON lines.
package main

import (
	"context"
	"os"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/balance"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
)

type flags struct {
	Listen  string   `required:"" help:"host:port to listen on."`
	Gateway []string `required:"" help:"host:port of a gateway; repeat the flag for each."`
}

// Run serves until it is interrupted.
func (f *flags) Run(ctx context.Context) error {
	proxy, err := balance.Listen(ctx, f.Listen, f.Gateway, os.Stdout)
	if err != nil {
		return err
	}
	<-ctx.Done()
	return proxy.Close()
}

func main() {
	os.Exit(tool.Main("proxy", "Distributes requests over several gateways.", os.Args[1:], &flags{}, os.Stderr))
}
