package cli

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/build"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
)

// A tool is a program of deploy/ops with flags of its own. The starter builds
// it, tells it through the environment where the running stack is, and passes
// the arguments on.
type (
	auditCommand struct {
		Args []string `arg:"" optional:""`
	}
	orphansCommand struct {
		Args []string `arg:"" optional:""`
	}
	deadLettersCommand struct {
		Args []string `arg:"" optional:""`
	}
)

func (c *auditCommand) Run(ctx context.Context, g *Globals) error {
	return g.runTool(ctx, "audit", c.Args)
}

func (c *orphansCommand) Run(ctx context.Context, g *Globals) error {
	return g.runTool(ctx, "orphans", c.Args)
}

func (c *deadLettersCommand) Run(ctx context.Context, g *Globals) error {
	return g.runTool(ctx, "deadletters", c.Args)
}

// runTool ends with the exit code of the tool.
func (g *Globals) runTool(ctx context.Context, name string, args []string) error {
	args, err := g.takeDataFlag(args)
	if err != nil {
		return err
	}
	root, err := g.root()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	var environment map[string]string
	if !asksForHelp(args) {
		if environment, err = g.toolEnvironment(ctx); err != nil {
			return err
		}
	}
	builder := build.Builder{Root: root, Console: console.New(os.Stderr), Run: runCommand}
	if err := builder.Programs(ctx, []string{name}); err != nil {
		return err
	}
	cmd := exec.Command(builder.Bin(name), args...) //nolint:gosec,noctx // a program of this checkout; runCommand heeds the context
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = slices.DeleteFunc(os.Environ(), isToolVariable)
	for _, variable := range slices.Sorted(maps.Keys(environment)) {
		cmd.Env = append(cmd.Env, variable+"="+environment[variable])
	}
	err = runCommand(ctx, cmd)
	if state := cmd.ProcessState; state != nil && state.ExitCode() > 0 {
		return ExitCode(state.ExitCode())
	}
	return err
}

func asksForHelp(args []string) bool {
	return slices.Contains(args, "--help") || slices.Contains(args, "-h")
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

// The environment variables by which a tool finds the stack; deploy/ops reads
// them.
const (
	variableSecrets  = "DOUYIN_SECRETS"
	variableRedis    = "DOUYIN_REDIS"
	variableGateway  = "DOUYIN_GATEWAY"
	variableObjects  = "DOUYIN_OBJECTS_FOLDER"
	variableS3Addr   = "DOUYIN_S3_ADDR"
	variableS3Bucket = "DOUYIN_S3_BUCKET"
	variableS3Region = "DOUYIN_S3_REGION"
)

// isToolVariable reports whether an entry of the environment names a part of
// another stack.
func isToolVariable(entry string) bool {
	name, _, _ := strings.Cut(entry, "=")
	return slices.Contains([]string{variableSecrets, variableRedis, variableGateway, variableObjects,
		variableS3Addr, variableS3Bucket, variableS3Region}, name)
}

// toolEnvironment describes the parts of the stack that run.
func (g *Globals) toolEnvironment(ctx context.Context) (map[string]string, error) {
	status, dir, err := g.running(ctx)
	if err != nil {
		return nil, err
	}
	return describe(status, dir)
}

func describe(status control.Status, dir datadir.Dir) (map[string]string, error) {
	environment := map[string]string{variableSecrets: dir.Secrets()}
	if status.Env == environmentLocal {
		environment[variableObjects] = dir.Objects()
	}
	for _, part := range status.Parts {
		switch {
		case part.Name == "s3":
			environment[variableS3Addr] = status.S3
			environment[variableS3Bucket] = infra.S3Bucket
			environment[variableS3Region] = infra.S3Region
		case part.Name == "redis":
			environment[variableRedis] = net.JoinHostPort("127.0.0.1", strconv.Itoa(part.Port))
		case strings.HasPrefix(part.Name, "gateway"): // of several replicas the proxy chooses
			record, err := dir.ReadRecord()
			if err != nil {
				return nil, fmt.Errorf("address of the gateway: %w", err)
			}
			environment[variableGateway] = record.LocalURL
		}
	}
	return environment, nil
}
