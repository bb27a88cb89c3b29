package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
)

func toolchain(ctx context.Context, p Patient) []Finding {
	version, err := p.Machine.Toolchain(ctx)
	if err != nil {
		return fault("go", "the go command fails: "+err.Error(),
			"install Go 1.26 or later from https://go.dev/dl/ and put it on the PATH")
	}
	return ok("go", version)
}

func programs(ctx context.Context, p Patient) []Finding {
	missing := p.Machine.Missing(ctx)
	if len(missing) == 0 {
		return ok("installed", "Redis, MariaDB, ffmpeg and ffprobe")
	}
	return fault("installed", "not installed: "+install.Names(missing), install.Command(missing)+"   (or the packages of your system)")
}

func binaries(_ context.Context, p Patient) []Finding {
	var missing []string
	for _, name := range p.Programs {
		if !p.Machine.Built(name) {
			missing = append(missing, "bin/"+name)
		}
	}
	if len(missing) == 0 {
		return ok("built", strings.Join(p.Programs, ", "))
	}
	if p.Status == nil {
		return note("built", strings.Join(missing, ", ")+": built by the next start; daprd takes minutes")
	}
	return fault("built", "missing: "+strings.Join(missing, ", ")+"; a part that crashes cannot restart", "make build")
}

func folder(_ context.Context, p Patient) []Finding {
	if err := p.Machine.Writable(); err != nil {
		return fault("data folder", "not writable: "+err.Error(),
			"change its owner (chown), or choose another with --data")
	}
	return ok("data folder", p.Data)
}

func disk(_ context.Context, p Patient) []Finding {
	free, err := p.Machine.FreeBytes()
	if err != nil {
		return fault("disk", err.Error(), "choose another folder with --data")
	}
	text := fmt.Sprintf("%.1f GiB free", gib(free))
	if free < p.MinFree {
		return fault("disk", fmt.Sprintf("%s on the disk of the data folder, %.1f GiB are required", text, gib(p.MinFree)),
			"free space (`go clean -cache` frees several GiB), or choose a folder on another disk with --data")
	}
	return ok("disk", text)
}

func gib(bytes int64) float64 { return float64(bytes) / (1 << 30) }

// portsFree looks for other processes on the ports of the stack. The listeners of
// a running part are its own.
func portsFree(ctx context.Context, p Patient) []Finding {
	own := map[int]bool{}
	running := map[string]bool{}
	if p.Status != nil {
		for _, part := range p.Status.Parts {
			own[part.PID] = part.PID != 0
			running[part.Name] = part.PID != 0
		}
	}
	var found []Finding
	for _, port := range p.Plan.All() {
		if running[port.Part] || p.Machine.PortFree(ctx, port.Number) {
			continue
		}
		holder := p.Machine.Holder(port.Number)
		if own[holder.PID] {
			continue
		}
		found = append(found, portTaken(p, port, holder)...)
	}
	if len(found) == 0 {
		return ok("ports", fmt.Sprintf("%s, offset %d", p.Plan.LocalURL(), p.Plan.Offset))
	}
	return found
}

func portTaken(p Patient, port ports.Port, holder ports.Holder) []Finding {
	cure := fmt.Sprintf("start on other ports: --port-offset %d", p.Plan.Offset+ports.Step)
	if holder.PID != 0 {
		cure = fmt.Sprintf("stop it (kill %d), or %s", holder.PID, cure)
	}
	return fault("ports", fmt.Sprintf("port %d (%s) is taken by %s", port.Number, port.Part, holder), cure)
}

func multicast(ctx context.Context, p Patient) []Finding {
	err := p.Machine.Multicast(ctx)
	if err == nil {
		return ok("multicast", "works, so sidecars can use mDNS")
	}
	used := p.Resolver
	if p.Status != nil {
		used = p.Status.Resolver
	}
	if used == "mdns" {
		return fault("multicast", "does not work, so sidecars do not find each other: "+err.Error(), "start with --resolver sqlite")
	}
	return note("multicast", "does not work; sidecars find each other through sqlite ("+err.Error()+")")
}
