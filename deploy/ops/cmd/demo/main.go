// Command demo fills a new stack with users, videos and what people do with
// them. It prints its progress, a line per step.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/demo"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
)

type command struct {
	Gateway  string `required:"" help:"Base URL of the API."`
	Accounts string `required:"" help:"File with the users' passwords; missing ones are generated." type:"path"`
	Folder   string `help:"Folder for temporary files." type:"path" env:"TMPDIR" default:"/tmp"`
}

// Run seeds.
func (c *command) Run(ctx context.Context) error {
	return demo.Seed(ctx, demo.Options{
		Gateway: c.Gateway, Accounts: c.Accounts, Folder: c.Folder, FFmpeg: "ffmpeg",
		Progress: func(text string) { fmt.Println(text) },
	})
}

func main() {
	os.Exit(tool.Main("demo", "Adds demo users and videos to a new stack.", os.Args[1:], &command{}, os.Stderr))
}
