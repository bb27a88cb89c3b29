// Command orphans lists the stored objects of videos that no row names, and
// deletes them on request.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/orphans"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/target"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
	"github.com/douyin-on-dapr/douyin/services/contract"
)

type flags struct {
	Delete bool          `help:"Delete the orphans."`
	MinAge time.Duration `help:"Keep orphans that are younger than this." default:"10m"`

	target.Secrets
	target.Objects
}

// confirmFor is how long no row may name an object before it is an orphan.
const confirmFor = 5 * time.Second

func main() {
	os.Exit(tool.Main("orphans", "Lists stored objects of videos, and unfinished uploads, that no row names. "+
		"With --delete it deletes them. The exit code is 1 while an orphan remains.",
		os.Args[1:], &flags{}, os.Stderr))
}

// Validate refuses an age that would delete objects before their rows are read.
func (f *flags) Validate() error {
	if f.MinAge <= 0 {
		return tool.UsageError("--min-age must be above 0")
	}
	return nil
}

// Run lists or deletes.
func (f *flags) Run(ctx context.Context) (err error) {
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
	db, err := openVideo(ctx, target.DSNs(secrets)[string(contract.AppVideo)])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return f.run(ctx, db, store)
}

// openVideo connects to the database of the video service.
func openVideo(ctx context.Context, dsn string) (*servicedb.DB, error) {
	if dsn == "" {
		return nil, tool.UsageError("the secrets name no database of the video service")
	}
	db, err := servicedb.Open(ctx, string(contract.AppVideo), dsn)
	if err == nil && db == nil {
		err = tool.UsageError("the video service has no database yet: start the stack once")
	}
	return db, err
}

func (f *flags) run(ctx context.Context, db *servicedb.DB, store storage.Store) error {
	sweep := orphans.Sweep{
		Finder: orphans.Finder{DB: db, Store: store, Timeout: confirmFor},
		Out:    os.Stdout,
	}
	if f.Delete {
		sweep.Deleter = &orphans.Deleter{DB: db, Store: store, MinAge: f.MinAge}
	}
	remaining, err := sweep.Run(ctx)
	if err != nil {
		return err
	}
	if remaining > 0 {
		return tool.ExitCode(tool.ExitFound)
	}
	_, err = fmt.Println("no orphans remain")
	return err
}
