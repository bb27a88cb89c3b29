// Command audit compares the databases, the hot state, the API and the stored
// objects of a running system and prints every violation. It never writes.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/target"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
)

type flags struct {
	JSON             bool          `help:"Print the report as JSON."`
	Settle           time.Duration `help:"How long waiting events may take to be published and to have their effects." default:"15s"`
	AllowDeadLetters bool          `help:"Report dead letters as notes, not as violations."`
	Sample           int           `help:"Maximum number of users and of videos to look up through the API; 0 means all." default:"200"`

	target.Secrets
	target.Objects
	Redis   string `help:"host:port of the Redis that keeps the hot state." placeholder:"ADDR" env:"DOUYIN_REDIS"`
	Gateway string `help:"Base URL of the API to ask." placeholder:"URL" env:"DOUYIN_GATEWAY"`
}

func main() {
	os.Exit(tool.Main("audit", "Compares databases, hot state, API and stored objects and prints each violation on a line. "+
		"It works under traffic and never writes. The exit code is 1 when there is a violation.",
		os.Args[1:], &flags{}, os.Stderr))
}

// Run audits what the flags name and skips the rest.
func (f *flags) Run(ctx context.Context) (err error) {
	secrets, err := f.Read()
	if err != nil {
		return err
	}
	o := audit.Options{
		DSNs: target.DSNs(secrets), Settle: f.Settle, AllowDeadLetters: f.AllowDeadLetters, Sample: f.Sample,
	}
	store, err := f.Open(secrets)
	if err != nil {
		return err
	}
	if store != nil {
		o.Objects = store
	}
	if f.Redis != "" {
		hot := audit.NewRedisHot(f.Redis, secrets["redis-password"])
		defer func() { err = errors.Join(err, hot.Close()) }()
		o.Hot = hot
	}
	if f.Gateway != "" {
		o.API = audit.NewGateway(strings.TrimRight(f.Gateway, "/"))
	}
	report, err := audit.Run(ctx, o)
	if err == nil || !report.OK() {
		err = errors.Join(err, f.print(report))
	}
	if err == nil && !report.OK() {
		return tool.ExitCode(tool.ExitFound)
	}
	return err
}

func (f *flags) print(report audit.Report) error {
	if !f.JSON {
		return report.Write(os.Stdout)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}
