package stack_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// withS3 starts the databases of the environment s3, with the S3 server from
// bin/, which listens on host.
func withS3(t *testing.T, host string) *stack.Stack {
	t.Helper()
	_, built := os.Stat(filepath.Join(root, "bin", "versitygw"))
	if missing := install.Missing(t.Context(), install.Databases()); len(missing) > 0 || built != nil {
		if os.Getenv("REQUIRE_INFRA") == "1" {
			t.Fatal(install.Advice(missing), built)
		}
		t.Skip("missing", missing, built)
	}
	file, err := runfile.Read(filepath.Join(root, "dapr", "dapr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "douyin-")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := datadir.At(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	offset := reserve(t, file).Offset
	addr := net.JoinHostPort(host, strconv.Itoa(ports.S3Base+offset))
	plan, err := ports.NewPlan(file, ports.Choice{Offset: offset, S3: true, S3Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	s, err := stack.New(stack.Options{
		Root: absolute, Dir: dir, Environment: "s3", File: file, Plan: plan, Resolver: "auto",
		Mode: stack.InfraOnly, NoBuild: true, Console: console.Plain(&screen{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closed(s)
		if err := dir.Remove(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Up(ctx); err != nil {
		t.Fatal(err)
	}
	s.Announce()
	return s
}

func client(t *testing.T, server infra.S3) *minio.Client {
	t.Helper()
	c, err := minio.New(server.Addr(), &minio.Options{
		Creds: credentials.NewStaticV4(server.Access, server.Secret, ""), Region: infra.S3Region, BucketLookup: minio.BucketLookupPath, MaxRetries: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func status(s *stack.Stack, part string) supervise.Status {
	for _, p := range s.Status().Parts {
		if p.Name == part {
			return p
		}
	}
	return supervise.Status{}
}

// Stored objects survive a kill, unfinished uploads do not, and the server accepts
// the same keys again.
func TestS3ServerSurvivesKills(t *testing.T) {
	s := withS3(t, "127.0.0.1")
	server, exists := s.S3()
	if !exists {
		t.Fatal("no S3 server")
	}
	c := client(t, server)
	put := func(ctx context.Context, key string, size int, r io.Reader) error {
		_, err := c.PutObject(ctx, infra.S3Bucket, key, r, int64(size), minio.PutObjectOptions{DisableMultipart: true})
		return err
	}
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	for range 3 {
		if err := put(t.Context(), "videos/1/source", len(content), bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		before := status(s, "s3")
		// An upload of which half has been sent.
		body, feed := io.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- put(t.Context(), "videos/2/source", 2*len(content), body) }()
		if _, err := feed.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := feed.CloseWithError(io.ErrUnexpectedEOF); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err == nil {
			t.Error("an upload through a kill succeeds")
		}
		eventually(t, func() bool {
			now := status(s, "s3")
			return now.State == supervise.Running && now.PID != before.PID
		})
		object, err := c.GetObject(t.Context(), infra.S3Bucket, "videos/1/source", minio.GetObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, object); err != nil || [32]byte(sum.Sum(nil)) != sha256.Sum256(content) {
			t.Errorf("a stored object has changed: %v", err)
		}
		if _, err := c.StatObject(t.Context(), infra.S3Bucket, "videos/2/source", minio.StatObjectOptions{}); err == nil {
			t.Error("an unfinished upload is an object")
		}
	}
	for listed := range c.ListObjects(t.Context(), infra.S3Bucket, minio.ListObjectsOptions{Recursive: true}) {
		if listed.Err != nil || listed.Key != "videos/1/source" {
			t.Errorf("%s is listed, %v", listed.Key, listed.Err)
		}
	}
}

// The server listens at the configured address.
func TestS3ServerAddress(t *testing.T) {
	s := withS3(t, "127.0.0.2")
	server, _ := s.S3()
	want := net.JoinHostPort("127.0.0.2", strconv.Itoa(ports.Number(s.Plan().S3)))
	if s.Status().S3 != want || server.Endpoint() != "http://"+want {
		t.Errorf("it is at %s, %s", s.Status().S3, server.Endpoint())
	}
	if exists, err := client(t, server).BucketExists(t.Context(), infra.S3Bucket); err != nil || !exists {
		t.Errorf("the bucket exists: %v, %v", exists, err)
	}
	everywhere := infra.S3{Listen: "0.0.0.0:21080"}
	if args := everywhere.Spec().Args; everywhere.Addr() != "127.0.0.1:21080" || args[1] != "0.0.0.0:21080" {
		t.Errorf("address %s, arguments %v", everywhere.Addr(), args)
	}
}

// The bucket is closed to clients without keys.
func TestBucketIsPrivate(t *testing.T) {
	s := withS3(t, "127.0.0.1")
	server, _ := s.S3()
	if _, err := client(t, server).PutObject(t.Context(), infra.S3Bucket, "videos/1/source", bytes.NewReader([]byte("x")), 1, minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	anonymous := server
	anonymous.Access, anonymous.Secret = "", ""
	c := client(t, anonymous)
	for listed := range c.ListObjects(t.Context(), infra.S3Bucket, minio.ListObjectsOptions{}) {
		if minio.ToErrorResponse(listed.Err).StatusCode != http.StatusForbidden {
			t.Errorf("ListBucket shows %q, %v", listed.Key, listed.Err)
		}
	}
	if _, err := c.StatObject(t.Context(), infra.S3Bucket, "videos/1/source", minio.StatObjectOptions{}); minio.ToErrorResponse(err).StatusCode != http.StatusForbidden {
		t.Errorf("HeadObject: %v", err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.Endpoint()+"/"+infra.S3Bucket+"/videos/1/source", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("GetObject: %s", answer.Status)
	}
}

// A stack for tests runs without an S3 server that cannot be built, unless they
// require it. A stack of the environment s3 fails.
func TestS3ServerCannotBeBuilt(t *testing.T) {
	file, err := runfile.Read(filepath.Join(root, "dapr", "dapr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := ports.NewPlan(file, ports.Choice{Offset: 500, S3: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		mode                            stack.Mode
		noBuild, require, fault, exists bool
	}{
		{mode: stack.Tests},
		{mode: stack.Tests, noBuild: true},
		{mode: stack.Tests, require: true, fault: true, exists: true},
		{mode: stack.Full, fault: true, exists: true},
	} {
		dir, err := datadir.At(filepath.Join(t.TempDir(), "run"))
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.Create(); err != nil {
			t.Fatal(err)
		}
		shown := &screen{}
		s, err := stack.New(stack.Options{
			Root: t.TempDir(), Dir: dir, Environment: "local", File: file, Plan: plan,
			Mode: test.mode, RequireS3: test.require, NoBuild: test.noBuild, Console: console.Plain(shown),
		})
		if err != nil {
			t.Fatal(err)
		}
		if test.noBuild {
			if _, exists := s.S3(); exists {
				t.Errorf("%+v: the stack would start it", test)
			}
		} else if err := s.StartS3(t.Context()); (err != nil) != test.fault {
			t.Errorf("%+v: %v", test, err)
		} else if _, exists := s.S3(); exists != test.exists || strings.Contains(shown.String(), "no S3 server") != !test.exists {
			t.Errorf("%+v: it exists: %t; shown: %s", test, exists, shown)
		}
		closed(s)
	}
}
