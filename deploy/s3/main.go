// Command versitygw is the S3 server of the environment s3: the Versity gateway
// over a folder of this machine, with a single account. It is what the stock
// program does as `versitygw posix FOLDER`, without the parts that need most of
// its compile time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// The limits of the server. Requests beyond them wait, or are refused with a
// request to retry.
const (
	maxConnections = 1024
	maxRequests    = 512
	maxParts       = 10_000 // of one object, as in S3
	concurrency    = 256    // system calls at a time, each of which may hold a thread
)

func main() {
	addr := flag.String("addr", "127.0.0.1:21080", "host:port to listen on")
	data := flag.String("data", ".run/s3", "folder to keep objects in")
	region := flag.String("region", "us-east-1", "region that clients have to name")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *addr, *data, *region); err != nil {
		fmt.Fprintf(os.Stderr, "versitygw: %v\n", err)
		os.Exit(1)
	}
}

// serve runs the gateway until ctx ends. The keys of its account are not among
// the arguments, which every user of the machine can see.
func serve(ctx context.Context, addr, data, region string) error {
	access, secret := os.Getenv("ROOT_ACCESS_KEY"), os.Getenv("ROOT_SECRET_KEY")
	if access == "" || secret == "" {
		return errors.New("ROOT_ACCESS_KEY and ROOT_SECRET_KEY have to be set")
	}
	objects, attributes := filepath.Join(data, "objects"), filepath.Join(data, "attributes")
	if err := errors.Join(os.MkdirAll(objects, 0o700), os.MkdirAll(attributes, 0o700)); err != nil {
		return err
	}
	backend, err := open(objects, attributes)
	if err != nil {
		return err
	}
	err = embedgw.RunVersityGW(ctx, backend, &embedgw.Config{
		RootUserAccess: access, RootUserSecret: secret, Region: region, Ports: []string{addr},
		MaxConnections: maxConnections, MaxRequests: maxRequests, MultipartMaxParts: maxParts,
		KeepAlive: true, Quiet: true,
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// open keeps objects as files, and what else S3 knows of them as attributes of
// these files, or where the file system has none, as files in another folder.
func open(objects, attributes string) (*posix.Posix, error) {
	options := posix.PosixOpts{Concurrency: concurrency}
	options.SetNewDirPerm(0o700)
	options.SetNewFilePerm(0o600)
	if (meta.XattrMeta{}).Test(objects) == nil {
		return posix.New(objects, meta.XattrMeta{}, options)
	}
	aside, err := meta.NewSideCar(attributes)
	if err != nil {
		return nil, err
	}
	options.SideCarDir = attributes
	return posix.New(objects, aside, options)
}
