package cli

import (
	"context"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/build"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

type buildCommand struct{}

func (*buildCommand) Run(ctx context.Context, g *Globals) error {
	root, file, err := g.runFile()
	if err != nil {
		return err
	}
	builder := newBuilder(root, os.Stdout)
	if err := builder.Programs(ctx, append(file.Programs(), ports.Proxy)); err != nil {
		return err
	}
	if g.Env == environmentS3 {
		if err := builder.S3(ctx); err != nil {
			return err
		}
	}
	return builder.Sidecar(ctx)
}

// newBuilder is for commands that start no stack.
func newBuilder(root string, out *os.File) build.Builder {
	return build.Builder{Root: root, Console: console.New(out), Run: runCommand}
}

// runCommand runs a command until it ends, or until ctx ends.
func runCommand(ctx context.Context, cmd *exec.Cmd) error {
	s := supervise.New(supervise.Options{})
	defer s.Stop(ctx)
	return s.Command(ctx, cmd)
}

// toolCommand is a program of deploy/ops with flags of its own. The starter
// builds it, tells it through the environment where the running stack is, and
// passes the arguments on.
type toolCommand struct {
	Args []string `arg:"" optional:""`
}

// Run ends with the exit code of the tool.
func (c *toolCommand) Run(ctx context.Context, g *Globals, parsed *kong.Context) error {
	args, err := g.takeDataFlag(c.Args)
	if err != nil {
		return err
	}
	root, err := g.root()
	if err != nil {
		return err
	}
	// The variables of this stack replace those of any other.
	environment := slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "DOUYIN_") })
	if !slices.Contains(args, "--help") && !slices.Contains(args, "-h") {
		status, dir, err := g.running(ctx)
		if err != nil {
			return err
		}
		environment = append(environment, toolEnvironment(status, dir)...)
	}
	name := strings.ReplaceAll(parsed.Selected().Name, "-", "")
	builder := newBuilder(root, os.Stderr)
	if err := builder.Programs(ctx, []string{name}); err != nil {
		return err
	}
	cmd := exec.Command(builder.Bin(name), args...) //nolint:gosec,noctx // a program of this checkout; runCommand heeds the context
	cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdout, os.Stderr, environment
	return exitCode(cmd, runCommand(ctx, cmd))
}

// exitCode is the exit code of a command that has run and failed, or else its
// error.
func exitCode(cmd *exec.Cmd, err error) error {
	if state := cmd.ProcessState; state != nil && state.ExitCode() > 0 {
		return ExitCode(state.ExitCode())
	}
	return err
}

// takeDataFlag handles --data behind the name of a tool as it is handled behind
// every other command, and returns the remaining arguments.
func (g *Globals) takeDataFlag(args []string) ([]string, error) {
	var rest []string
	for i := 0; i < len(args); i++ {
		value, joined := strings.CutPrefix(args[i], "--data=")
		switch {
		case joined:
			g.Data = value
		case args[i] != "--data":
			rest = append(rest, args[i])
		case i+1 == len(args):
			return nil, misuse("--data needs the path of a data folder")
		default:
			i++
			g.Data = args[i]
		}
	}
	return rest, nil
}

// toolEnvironment describes the parts of the stack that run, in the variables
// that deploy/ops reads.
func toolEnvironment(status control.Status, dir datadir.Dir) []string {
	environment := []string{"DOUYIN_SECRETS=" + dir.Secrets}
	if status.Env == environmentLocal {
		environment = append(environment, "DOUYIN_OBJECTS_FOLDER="+dir.Objects)
	}
	for _, part := range status.Parts {
		switch part.Name {
		case "s3":
			environment = append(environment, "DOUYIN_S3_ADDR="+status.S3, "DOUYIN_S3_BUCKET="+infra.S3Bucket, "DOUYIN_S3_REGION="+infra.S3Region)
		case "redis":
			environment = append(environment, "DOUYIN_REDIS="+net.JoinHostPort("127.0.0.1", strconv.Itoa(part.Port)))
		case "gateway": // of several replicas the proxy chooses
			environment = append(environment, "DOUYIN_GATEWAY="+status.LocalURL)
		}
	}
	return environment
}
