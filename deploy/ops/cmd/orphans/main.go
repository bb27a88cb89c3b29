// Command orphans lists the stored objects of videos that no row knows, and
// deletes them on request.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/target"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
)

type flags struct {
	Delete bool `help:"Delete the orphans that are older than 10 minutes."`

	target.Secrets
	target.Objects
}

func main() {
	os.Exit(tool.Main("orphans", "Lists stored objects of videos, and unfinished uploads, that no row knows. "+
		"With --delete it deletes them. The exit code is 1 while an orphan remains.",
		os.Args[1:], &flags{}, os.Stderr))
}

// Run lists or deletes.
func (f *flags) Run(ctx context.Context) error {
	secrets, err := f.Read()
	if err != nil {
		return err
	}
	store, err := f.Open(secrets)
	if err != nil {
		return err
	}
	if store == nil {
		return tool.UsageError("no object store: give --objects-folder or --s3-addr")
	}
	o := audit.Options{DSNs: target.DSNs(secrets), Objects: store}
	if f.Delete {
		o.Remover = store
	}
	report, err := audit.Orphans(ctx, o)
	if err == nil || !report.OK() || report.Removed > 0 {
		err = errors.Join(err, report.Write(os.Stdout))
	}
	if err == nil && !report.OK() {
		return tool.ExitCode(tool.ExitFound)
	}
	return err
}
