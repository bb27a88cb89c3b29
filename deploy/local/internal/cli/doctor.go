package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/doctor"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/multicast"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
)

type doctorCommand struct {
	MinFree float64 `help:"GiB that must be free on the disk of the data folder." default:"2"`
}

// doctorTimeout bounds all checks together.
const doctorTimeout = 20 * time.Second

func (c *doctorCommand) Run(ctx context.Context, g *Globals) error {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	patient, err := c.patient(ctx, g)
	if err != nil {
		return err
	}
	findings := doctor.Examine(ctx, patient)
	show := console.New(os.Stdout)
	for _, f := range findings {
		showFinding(show, f)
	}
	if n := doctor.Faults(findings); n > 0 {
		show.Printf("\nfaults: %d", n)
		return ExitCode(1)
	}
	show.Printf("\nno faults")
	return nil
}

func showFinding(show *console.Console, f doctor.Finding) {
	mark := map[doctor.Level]string{doctor.OK: "  ok  ", doctor.Note: " note ", doctor.Fault: "FAULT "}[f.Level]
	if f.Level == doctor.Fault {
		mark = show.Bold(mark)
	}
	show.Printf("%s %-14s %s", mark, f.What, f.Text)
	if f.Cure != "" {
		show.Printf("       %-14s %s", "", show.Bold("cure: ")+f.Cure)
	}
}

func (c *doctorCommand) patient(ctx context.Context, g *Globals) (doctor.Patient, error) {
	client, dir, err := g.client()
	if err != nil {
		return doctor.Patient{}, err
	}
	p := doctor.Patient{Data: dir.Short(), MinFree: int64(c.MinFree * (1 << 30)), Resolver: g.Resolver}
	own := *g
	own.FreePorts = false
	status, err := client.Status(ctx)
	switch {
	case errors.Is(err, control.ErrNotRunning):
	case err != nil:
		return p, fmt.Errorf("the starter of %s does not answer: %w", dir.Short(), err)
	default:
		p.Status = &status
		own.PortOffset, own.GatewayAddr, own.Replicas, own.Env = status.Offset, status.Gateway, status.Replicas, status.Env
		if p.Wrong, err = client.Check(ctx); err != nil {
			return p, err
		}
	}
	setup, err := own.setup(ctx, own.Env == environmentS3)
	if err != nil {
		return p, err
	}
	p.Plan = setup.plan
	p.Programs = append([]string{"daprd"}, setup.file.Programs()...)
	if setup.plan.S3 != "" {
		p.Programs = append(p.Programs, "versitygw")
	}
	p.Machine = machine(setup.root, dir)
	return p, nil
}

// lastLogLines is how many lines of a log the doctor quotes.
const lastLogLines = 5

func machine(root string, dir datadir.Dir) doctor.Machine {
	return doctor.Machine{
		Toolchain: func(ctx context.Context) (string, error) { return install.Toolchain(ctx, root) },
		Missing: func(ctx context.Context) []install.Need {
			return install.Missing(ctx, append(install.Databases(), install.Media()))
		},
		Built: func(program string) bool {
			_, err := os.Stat(filepath.Join(root, "bin", program))
			return err == nil
		},
		Writable:  dir.Writable,
		FreeBytes: dir.FreeBytes,
		PortFree:  ports.Free,
		Holder:    ports.HolderOf,
		Multicast: multicast.Probe,
		LastLines: func(part string) []string {
			lines, err := logs.Last(dir.Logs, part, lastLogLines)
			if err != nil {
				return []string{err.Error()}
			}
			return lines
		},
	}
}
