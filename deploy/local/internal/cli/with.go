package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

type withCommand struct {
	InfraOnly bool     `help:"Start only MySQL, Redis and an S3 server, named by TEST_MYSQL_DSN, TEST_REDIS_ADDR and TEST_S3_ENDPOINT."`
	Race      bool     `help:"Install a C compiler, which go test -race needs."`
	NoBuild   bool     `help:"Run the programs in bin/ as they are."`
	Keep      bool     `help:"Keep the whole data folder when the command fails, not only its logs."`
	Command   []string `arg:"" passthrough:"" help:"The command, after --."`
}

func (w *withCommand) Help() string {
	return "The command finds BASE_URL, BASE_URLS (the address of each gateway, separated by commas), STACK_DATA and " +
		"DOUYIN_BIN in its environment; with --env s3 also TEST_S3_ENDPOINT and TEST_S3_BUCKET, whose keys are in " +
		"secrets.json of STACK_DATA. With --infra-only it also finds REQUIRE_INFRA=1, which makes tests fail if they lack " +
		"something; TEST_S3_ENDPOINT is set if the S3 server could be built, or with --no-build is in bin/. " +
		"With REQUIRE_INFRA=1 in the starter's own environment, an S3 server that cannot be built is an error. " +
		"The exit code is the command's. The stack has its own ports and a data folder that is deleted afterwards; " +
		"if the command fails, the logs are kept."
}

func (w *withCommand) Run(ctx context.Context, g *Globals) error {
	argv := w.Command
	if len(argv) > 0 && argv[0] == "--" {
		argv = argv[1:]
	}
	if len(argv) == 0 {
		return misuse("no command: `%s`", command("with -- COMMAND"))
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
	o := stack.Options{
		NoBuild: w.NoBuild, Console: console.New(os.Stderr),
		// With --no-build an S3 server that is not in bin/ is left out.
		RequireS3: g.Env == environmentS3 || !w.NoBuild && os.Getenv("REQUIRE_INFRA") == "1",
	}
	if w.InfraOnly {
		o.Mode = stack.Tests
	}
	if err := beside(ctx, &own, o, func(ctx context.Context, s *stack.Stack, dir datadir.Dir) error {
		if w.Race {
			if err := s.Install(ctx, install.Compiler()); err != nil {
				return err
			}
		}
		s.Announce()
		return w.run(ctx, argv, root, own.Env, s, dir)
	}); err != nil {
		return errors.Join(err, w.keep(o.Console, own.Data))
	}
	return os.RemoveAll(own.Data)
}

// keep keeps what helps to understand a failure, and shows where it is.
func (w *withCommand) keep(show *console.Console, data string) error {
	dir, err := datadir.At(data)
	if err != nil {
		return err
	}
	parts, err := logs.Parts(dir.Logs)
	switch {
	case err != nil || len(parts) == 0: // it failed before the first part
		return errors.Join(err, os.RemoveAll(data))
	case w.Keep:
		show.Printf("the data folder is kept in %s", data)
		return nil
	}
	show.Printf("the logs of the stack are kept in %s", dir.Logs)
	return dir.RemoveExceptLogs()
}

func (w *withCommand) run(ctx context.Context, argv []string, root, env string, s *stack.Stack, dir datadir.Dir) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec,noctx // runs the given command; s.Command heeds the context
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "STACK_DATA="+dir.Root, "DOUYIN_DATA="+dir.Root, "DOUYIN_BIN="+program,
		"DOUYIN_ROOT="+root, "DOUYIN_ENV="+env)
	if server, exists := s.S3(); exists {
		cmd.Env = append(cmd.Env, "TEST_S3_ENDPOINT="+server.Endpoint(), "TEST_S3_BUCKET="+infra.S3Bucket)
	}
	if w.InfraOnly {
		cmd.Env = append(cmd.Env,
			"TEST_MYSQL_DSN="+s.MySQL.AdminDSN(""),
			"TEST_REDIS_ADDR="+s.Redis.Addr(),
			"REQUIRE_INFRA=1",
			"DAPRD="+root+"/bin/daprd")
	} else {
		cmd.Env = append(cmd.Env, "BASE_URL="+s.Plan().LocalURL(), "BASE_URLS="+strings.Join(s.Plan().GatewayURLs(), ","))
	}
	began := time.Now()
	err = s.Command(ctx, cmd)
	var code ExitCode
	if err = exitCode(cmd, err); errors.As(err, &code) {
		fmt.Fprintf(os.Stderr, "%s: exit code %d after %s\n", argv[0], code, time.Since(began).Round(time.Second))
	}
	return err
}
