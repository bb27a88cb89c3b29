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

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
)

// Globals are the flags of every command.
type Globals struct {
	Root       string `help:"Checkout to run; found from the working folder." type:"path" env:"DOUYIN_ROOT"`
	Data       string `help:"Data folder, relative to the checkout." default:".run" env:"DOUYIN_DATA"`
	PortOffset int    `help:"Added to every port." default:"0" env:"DOUYIN_PORT_OFFSET"`
	FreePorts  bool   `help:"Find an offset whose ports are all free."`
	Replicas   int    `help:"Instances of each program and its sidecar, 1 or 2; with 2 a proxy distributes requests over the gateways." default:"1" enum:"1,2" env:"DOUYIN_REPLICAS"`
	Env        string `help:"Environment: a folder below components/." default:"local" env:"DOUYIN_ENV"`
	Resolver   string `help:"How sidecars find each other: auto, mdns or sqlite." enum:"auto,mdns,sqlite" default:"auto" env:"DOUYIN_RESOLVER"`

	PublicBaseURL  string `help:"The gateway's URL for clients, used in links." env:"PUBLIC_BASE_URL"`
	GatewayAddr    string `help:"host:port of the gateway's listener; 0.0.0.0:8080 admits phones." env:"GATEWAY_ADDR"`
	S3Addr         string `help:"host:port of the S3 server's listener, with --env s3; 0.0.0.0:21080 together with S3_PUBLIC_URL admits phones." name:"s3-addr" env:"S3_ADDR"`
	SidecarMetrics bool   `help:"Sidecars count calls, at their metrics ports; each call costs more." env:"DOUYIN_SIDECAR_METRICS"`
	OTLPEndpoint   string `help:"host:port to send traces to." name:"otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
}

const (
	// environmentLocal is the environment that the run file names.
	environmentLocal = "local"
	// environmentS3 stores objects in an S3 server of the stack.
	environmentS3 = "s3"
)

type commands struct {
	Globals

	Up          upCommand     `cmd:"" help:"Start the stack in the foreground; Ctrl-C stops it."`
	Down        downCommand   `cmd:"" help:"Stop the stack."`
	Status      statusCommand `cmd:"" help:"Show the state of all parts."`
	Logs        logsCommand   `cmd:"" help:"Show the logs of all parts, or of one."`
	Doctor      doctorCommand `cmd:"" help:"Check the machine and every part; name fault and cure."`
	Stop        partCommand   `cmd:"" help:"Stop a part until it is started."`
	Start       partCommand   `cmd:"" help:"Start a stopped part."`
	Restart     partCommand   `cmd:"" help:"Stop and start a part."`
	Infra       infraCommand  `cmd:"" help:"Start only MySQL, Redis and the secrets, for 'dapr run -f dapr/dapr.yaml'; in the environment local only."`
	Build       buildCommand  `cmd:"" help:"Compile the programs and the sidecar into bin/."`
	With        withCommand   `cmd:"" help:"Run a command beside a throwaway stack of its own."`
	Seed        seedCommand   `cmd:"" help:"Add the demo users and videos."`
	Audit       toolCommand   `cmd:"" passthrough:"" help:"Compare all data with the rules of the system; 'audit --help' shows its flags."`
	Orphans     toolCommand   `cmd:"" passthrough:"" help:"List stored objects that no row names; 'orphans --delete' deletes them."`
	DeadLetters toolCommand   `cmd:"" passthrough:"" help:"List, show, replay or discard events that a service could not process; 'dead-letters --help' shows how."`
	Clean       cleanCommand  `cmd:"" help:"Delete the data folder with all data."`
}

// Run parses the arguments and runs the command.
func Run(ctx context.Context, args []string) error {
	var c commands
	parser, err := kong.New(&c, kong.Name("douyin"),
		kong.Description("Runs Douyin on one machine."), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return misuse("%w: `%s` lists commands and flags", err, command("--help"))
	}
	return parsed.Run(&c.Globals)
}

// root is the checkout: the given one, or the nearest folder with a run file,
// upwards from the working folder or from the starter itself.
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
	return "", misuse("no checkout here (a folder with dapr/dapr.yaml): name it with --root")
}

func runFilePath(root string) string { return filepath.Join(root, "dapr", "dapr.yaml") }

// runFile reads the run file of the checkout.
func (g *Globals) runFile() (root string, file runfile.File, err error) {
	if root, err = g.root(); err != nil {
		return root, file, err
	}
	file, err = runfile.Read(runFilePath(root))
	if errors.Is(err, os.ErrNotExist) {
		err = misuse("%s is no checkout, it has no dapr/dapr.yaml: name another with --root", root)
	}
	return root, file, err
}

// dir is the data folder. It does not have to exist.
func (g *Globals) dir() (datadir.Dir, error) {
	path := g.Data
	if !filepath.IsAbs(path) {
		root, err := g.root()
		if err != nil {
			return datadir.Dir{}, err
		}
		path = filepath.Join(root, path)
	}
	dir, err := datadir.At(path)
	if err != nil {
		return dir, err
	}
	if err := dir.CheckVersion(); errors.Is(err, datadir.ErrNewer) {
		return dir, misuse("%w: use a newer checkout, or another folder with --data", err)
	} else if err != nil {
		return dir, err
	}
	return dir, nil
}

// client talks to the starter that runs the data folder.
func (g *Globals) client() (*control.Client, datadir.Dir, error) {
	dir, err := g.dir()
	if err != nil {
		return nil, dir, err
	}
	return control.NewClient(dir.Socket("control")), dir, nil
}

// running asks the running stack for its status; none is an error.
func (g *Globals) running(ctx context.Context) (control.Status, datadir.Dir, error) {
	client, dir, err := g.client()
	if err != nil {
		return control.Status{}, dir, err
	}
	status, err := client.Status(ctx)
	return status, dir, explainNotRunning(err, dir)
}

// setup is the run file with the ports of a stack.
type setup struct {
	root    string
	file    runfile.File
	plan    ports.Plan
	release func() error // gives up a reserved set of ports
}

// setup reads the run file and chooses the ports, one for an S3 server included
// if the stack has one.
func (g *Globals) setup(ctx context.Context, s3 bool) (s setup, err error) {
	if s.root, s.file, err = g.runFile(); err != nil {
		return s, err
	}
	plan := func(offset int) (ports.Plan, error) {
		return ports.NewPlan(s.file, ports.Choice{Offset: offset, Replicas: g.Replicas, S3: s3, S3Addr: g.S3Addr, Gateway: g.GatewayAddr})
	}
	if g.FreePorts {
		folder := filepath.Join(os.TempDir(), "douyin-ports-"+strconv.Itoa(os.Getuid()))
		s.plan, s.release, err = ports.Reserve(ctx, folder, os.Getpid(), plan)
		return s, err
	}
	s.release = func() error { return nil }
	if s.plan, err = plan(g.PortOffset); err != nil {
		err = misuse("%w: choose other values of --port-offset, --gateway-addr and --s3-addr", err)
	}
	return s, err
}

// command is an invocation of the starter as typed in the checkout.
func command(words string) string { return "bin/douyin " + words }

// ExitCode ends the program with a code and without a message.
type ExitCode int

func (c ExitCode) Error() string { return "exit code " + strconv.Itoa(int(c)) }

// ExitMisuse is the exit code after a MisuseError.
const ExitMisuse = 2

// MisuseError is a command that cannot work as given. Its text is one sentence
// with the cure.
type MisuseError struct{ cause error }

func (e *MisuseError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *MisuseError) Unwrap() error { return e.cause }

func misuse(format string, args ...any) error { return &MisuseError{fmt.Errorf(format, args...)} }

// explainNotRunning adds the cure to control.ErrNotRunning.
func explainNotRunning(err error, dir datadir.Dir) error {
	if errors.Is(err, control.ErrNotRunning) {
		return misuse("no stack runs on %s: start one with `%s`", dir.Short(), command("up"))
	}
	return err
}
