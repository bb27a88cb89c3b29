package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

type withCommand struct {
	InfraOnly bool     `help:"Only MySQL, Redis and an S3 server, named by TEST_MYSQL_DSN, TEST_REDIS_ADDR and TEST_S3_ENDPOINT."`
	Race      bool     `help:"Have what go test -race needs installed: a C compiler."`
	NoBuild   bool     `help:"Run the programs in bin/ as they are."`
	Keep      bool     `help:"Leave the data folder when the command fails."`
	Command   []string `arg:"" passthrough:"" help:"The command, after --."`
}

func (w *withCommand) Help() string {
	return "The command finds BASE_URL, BASE_URLS (each gateway by itself, separated by commas), STACK_DATA and " +
		"DOUYIN_BIN in its environment; with --env s3 also TEST_S3_ENDPOINT and TEST_S3_BUCKET, to which the keys are in " +
		"secrets.json of STACK_DATA. With --infra-only it also finds REQUIRE_INFRA=1, with which tests fail that lack " +
		"something; TEST_S3_ENDPOINT is there if the S3 server could be built, or with --no-build is in bin/. " +
		"With REQUIRE_INFRA=1 in the starter's own environment an S3 server that cannot be built is an error. " +
		"The exit code is the command's. The stack has its own ports and a data folder that is deleted afterwards."
}

func (w *withCommand) Run(ctx context.Context, g *Globals) (err error) {
	argv := w.Command
	if len(argv) > 0 && argv[0] == "--" {
		argv = argv[1:]
	}
	if len(argv) == 0 {
		return errors.New("no command: with -- COMMAND")
	}
	root, err := g.root()
	if err != nil {
		return err
	}
	own := *g
	own.Root, own.FreePorts, own.GatewayAddr, own.PublicBaseURL, own.S3Addr = root, true, "", "", ""
	if own.Data, err = os.MkdirTemp("", "douyin-"); err != nil {
		return err
	}
	show := newConsole(os.Stderr)
	o := session{
		infraOnly: w.InfraOnly, forTests: w.InfraOnly, race: w.Race, noBuild: w.NoBuild, console: show,
		// Who says --no-build takes what is in bin/.
		requireS3: g.Env == environmentS3 || !w.NoBuild && os.Getenv("REQUIRE_INFRA") == "1",
	}
	held, err := o.open(ctx, &own)
	if err != nil {
		return errors.Join(err, os.RemoveAll(own.Data))
	}
	s, dir := held.stack, held.dir
	defer func() {
		if err != nil && w.Keep {
			show.Printf("the data folder is left in %s", own.Data)
			err = errors.Join(err, held.release())
			return
		}
		err = errors.Join(err, held.release(), dir.Remove())
	}()
	work, stopListening := interruptible(ctx, s)
	defer stopListening()
	defer closeStack(show, s)
	if err := s.Up(work); err != nil {
		return err
	}
	s.Announce()
	return w.run(work, argv, root, own.Env, s, dir)
}

func (w *withCommand) run(ctx context.Context, argv []string, root, env string, s *stack.Stack, dir datadir.Dir) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec,noctx // what it was called for; s.Command heeds the context
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "STACK_DATA="+dir.Root(), "DOUYIN_DATA="+dir.Root(), "DOUYIN_BIN="+program,
		"DOUYIN_ROOT="+root, "DOUYIN_ENV="+env)
	if server, there := s.S3(); there {
		cmd.Env = append(cmd.Env, "TEST_S3_ENDPOINT="+server.Endpoint(), "TEST_S3_BUCKET="+infra.S3Bucket)
	}
	if w.InfraOnly {
		cmd.Env = append(cmd.Env,
			"TEST_MYSQL_DSN="+s.MySQL().AdminDSN(""),
			"TEST_REDIS_ADDR="+s.Redis().Addr(),
			"REQUIRE_INFRA=1",
			"DAPRD="+root+"/bin/daprd")
	} else {
		cmd.Env = append(cmd.Env, "BASE_URL="+s.LocalURL(), "BASE_URLS="+strings.Join(s.Plan().GatewayURLs(), ","))
	}
	began := time.Now()
	err = s.Command(ctx, cmd)
	if code := cmd.ProcessState; code != nil && code.ExitCode() > 0 {
		fmt.Fprintf(os.Stderr, "%s: exit code %d after %s\n", argv[0], code.ExitCode(), time.Since(began).Round(time.Second))
		return ExitCode(code.ExitCode())
	}
	return err
}
