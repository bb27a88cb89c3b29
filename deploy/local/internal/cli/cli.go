// Package cli is the command line of the starter.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
)

// ExitCode ends the program with a code and without a message.
type ExitCode int

func (c ExitCode) Error() string { return "exit code " + strconv.Itoa(int(c)) }

// Globals are the flags of every command.
type Globals struct {
	Root       string `help:"Checkout to run; found from the working folder." type:"path" env:"DOUYIN_ROOT"`
	Data       string `help:"Data folder, seen from the checkout." default:".run" env:"DOUYIN_DATA"`
	PortOffset int    `help:"Added to every port." default:"0" env:"DOUYIN_PORT_OFFSET"`
	FreePorts  bool   `help:"Search an offset whose ports are all free."`
	Replicas   int    `help:"How often each program and its sidecar run, 1 or 2; with 2 a proxy hands requests round the gateways." default:"1" enum:"1,2" env:"DOUYIN_REPLICAS"`
	Env        string `help:"Environment: a folder below components/." default:"local" env:"DOUYIN_ENV"`
	Resolver   string `help:"How sidecars find each other: auto, mdns or sqlite." enum:"auto,mdns,sqlite" default:"auto" env:"DOUYIN_RESOLVER"`

	PublicBaseURL string `help:"The gateway's URL as clients see it, for links in answers." env:"PUBLIC_BASE_URL"`
	GatewayAddr   string `help:"host:port of the gateway's listener; 0.0.0.0:8080 lets phones in." env:"GATEWAY_ADDR"`
	S3Addr        string `help:"host:port of the S3 server's listener, with --env s3; with 0.0.0.0:21080 and S3_PUBLIC_URL phones can be sent there." name:"s3-addr" env:"S3_ADDR"`
	OTLPEndpoint  string `help:"host:port to send traces to." name:"otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
}

const (
	// environmentLocal is the one that the run file names.
	environmentLocal = "local"
	// environmentS3 is the one whose objects are in an S3 server of the stack.
	environmentS3 = "s3"
)

type commands struct {
	Globals

	Up          upCommand          `cmd:"" help:"Start the stack in the foreground; Ctrl-C stops it."`
	Down        downCommand        `cmd:"" help:"Stop the stack."`
	Status      statusCommand      `cmd:"" help:"Show what runs."`
	Logs        logsCommand        `cmd:"" help:"Show the logs of all parts, or of one."`
	Doctor      doctorCommand      `cmd:"" help:"Check each part and name fault and cure."`
	Stop        stopCommand        `cmd:"" help:"Stop one part and keep it down."`
	Start       startCommand       `cmd:"" help:"Start a part that was stopped."`
	Restart     restartCommand     `cmd:"" help:"Stop and start one part."`
	Infra       infraCommand       `cmd:"" help:"Start only MySQL, Redis and the secrets, for 'dapr run -f dapr/dapr.yaml'; of the environment local alone."`
	Build       buildCommand       `cmd:"" help:"Compile the programs and the sidecar into bin/."`
	With        withCommand        `cmd:"" help:"Run a command beside a throwaway stack of its own."`
	Seed        seedCommand        `cmd:"" help:"Put the demo users and videos in."`
	Audit       auditCommand       `cmd:"" passthrough:"" help:"Compare all data with what the system promises; 'audit --help' shows its flags."`
	Orphans     orphansCommand     `cmd:"" passthrough:"" help:"List stored objects that no row names; 'orphans --delete' deletes them."`
	DeadLetters deadLettersCommand `cmd:"" passthrough:"" help:"List, show, replay or discard events that a service could not process; 'dead-letters --help' shows how."`
	Clean       cleanCommand       `cmd:"" help:"Delete the data folder with all data."`
}

// Run parses the arguments and does what they say.
func Run(ctx context.Context, args []string) error {
	var c commands
	parser, err := kong.New(&c, kong.Name("douyin"), kong.UsageOnError(),
		kong.Description("Runs Douyin on one machine."), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return parsed.Run(&c.Globals)
}

// root is the checkout: the one given, or the nearest folder, from here or from
// the program itself upwards, that has a run file.
func (g *Globals) root() (string, error) {
	if g.Root != "" {
		return g.Root, nil
	}
	var starts []string
	if working, err := os.Getwd(); err == nil {
		starts = append(starts, working)
	}
	if program, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(program))
	}
	for _, folder := range starts {
		for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
			if _, err := os.Stat(runFilePath(folder)); err == nil {
				return folder, nil
			}
		}
	}
	return "", errors.New("no checkout here (a folder with dapr/dapr.yaml): say where with --root")
}

func runFilePath(root string) string { return filepath.Join(root, "dapr", "dapr.yaml") }

func (g *Globals) dir() (datadir.Dir, error) {
	if filepath.IsAbs(g.Data) {
		return datadir.At(g.Data)
	}
	root, err := g.root()
	if err != nil {
		return datadir.Dir{}, err
	}
	return datadir.At(filepath.Join(root, g.Data))
}

// client talks to the starter that runs the data folder.
func (g *Globals) client() (*control.Client, datadir.Dir, error) {
	dir, err := g.dir()
	if err != nil {
		return nil, dir, err
	}
	return control.NewClient(dir.Socket("control")), dir, nil
}

// plan reads the run file and decides on ports, with one for an S3 server if
// there is to be one. release gives a searched set of ports free again.
func (g *Globals) plan(ctx context.Context, s3 bool) (root string, file runfile.File, plan ports.Plan, release func() error, err error) {
	release = func() error { return nil }
	if root, err = g.root(); err != nil {
		return
	}
	if file, err = runfile.Read(runFilePath(root)); err != nil {
		return
	}
	choice := ports.Choice{Offset: g.PortOffset, Replicas: g.Replicas, S3: s3, S3Addr: g.S3Addr, Gateway: g.GatewayAddr}
	if g.FreePorts {
		var reserved *ports.Reservation
		folder := filepath.Join(os.TempDir(), "douyin-ports-"+strconv.Itoa(os.Getuid()))
		reserved, err = ports.Reserve(ctx, folder, os.Getpid(), func(offset int) (ports.Plan, error) {
			choice.Offset = offset
			return ports.NewPlan(file, choice)
		})
		if err != nil {
			return
		}
		choice.Offset, release = reserved.Offset, reserved.Release
	}
	plan, err = ports.NewPlan(file, choice)
	return
}

// command names an invocation of the starter as somebody in the checkout types it.
func command(words string) string { return "bin/douyin " + words }

// newConsole shows progress beside a command's own output.
func newConsole(out *os.File) *console.Console { return console.New(out) }

func notRunning(dir datadir.Dir) error {
	return fmt.Errorf("no stack runs on %s: start one with `%s`", dir.Short(), command("up"))
}
