package infra

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// The bucket of a stack.
const (
	S3Bucket = "douyin"
	S3Region = "us-east-1"
)

// S3 is an S3 server of the stack with one private bucket.
type S3 struct {
	Server string // path of the program, see deploy/s3
	Dir    string
	Listen string // host:port
	Access string
	Secret string
}

// Addr is the server's host:port on this machine.
func (s S3) Addr() string { return ports.Local(s.Listen) }

// Endpoint is the server's URL on this machine.
func (s S3) Endpoint() string { return "http://" + s.Addr() }

// Spec describes the server's process. It is ready when its bucket exists. A
// complete upload is renamed to its place, so the process may be killed at any
// time.
func (s S3) Spec() supervise.Spec {
	return supervise.Spec{
		Name:  "s3",
		Path:  s.Server,
		Args:  []string{"-addr", s.Listen, "-data", s.Dir, "-region", S3Region},
		Env:   append(os.Environ(), "ROOT_ACCESS_KEY="+s.Access, "ROOT_SECRET_KEY="+s.Secret, "GOMEMLIMIT=120MiB"),
		Dir:   s.Dir,
		Port:  ports.Number(s.Listen),
		Ready: s.ensureBucket,
		Layer: LayerInfra,
		Grace: 5 * time.Second,
		// Current requests may complete.
		Orphan: syscall.SIGTERM,
	}
}

// ensureBucket creates the bucket unless it exists. Without a policy it is
// private.
func (s S3) ensureBucket(ctx context.Context) error {
	client, err := minio.New(s.Addr(), &minio.Options{
		Creds: credentials.NewStaticV4(s.Access, s.Secret, ""), Region: S3Region,
		BucketLookup: minio.BucketLookupPath, MaxRetries: 1, Transport: &http.Transport{DisableKeepAlives: true},
	})
	if err != nil {
		return err
	}
	exists, err := client.BucketExists(ctx, S3Bucket)
	if err != nil {
		return fmt.Errorf("bucket %s: %w", S3Bucket, err)
	}
	if exists {
		return nil
	}
	err = client.MakeBucket(ctx, S3Bucket, minio.MakeBucketOptions{Region: S3Region})
	var answer minio.ErrorResponse
	if errors.As(err, &answer) && answer.Code == "BucketAlreadyOwnedByYou" {
		return nil
	}
	return err
}
