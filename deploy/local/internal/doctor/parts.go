package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

func stackRuns(_ context.Context, p Patient) []Finding {
	if p.Status == nil {
		return note("stack", "not running; start it with `make run`")
	}
	text := fmt.Sprintf("%s at %s", p.Status.State, p.Status.BaseURL)
	if p.Status.State == control.Starting || p.Status.State == control.Stopping {
		return note("stack", text)
	}
	return ok("stack", text)
}

const (
	// A running part with so many restarts is a fault if the last one was recent.
	manyRestarts = 3
	recent       = time.Minute
	// slow is when a part that is starting becomes a fault.
	slow = 30 * time.Second
)

func parts(_ context.Context, p Patient) []Finding {
	if p.Status == nil {
		return nil
	}
	var all []Finding
	for _, part := range p.Status.Parts {
		all = append(all, examinePart(p, part)...)
	}
	return all
}

func examinePart(p Patient, part supervise.Status) []Finding {
	name := part.Name
	since := time.Since(part.Since).Round(time.Second)
	logs := fmt.Sprintf("read `bin/douyin logs %s`", name)
	switch part.State {
	case supervise.Stopped, supervise.Ended:
		return fault(name, fmt.Sprintf("stopped on request, %s ago%s", since, consequence(p, name)),
			"bin/douyin start "+name)
	case supervise.Crashed:
		return fault(name, fmt.Sprintf("%s; restarted %d times%s%s", part.LastExit, part.Restarts, consequence(p, name), lastLines(p, name)), logs)
	case supervise.Waiting:
		return fault(name, "waits for another part", "cure the faults of the others first")
	case supervise.Starting:
		if since < slow {
			return note(name, fmt.Sprintf("is starting, for %s", since))
		}
		return fault(name, fmt.Sprintf("runs (pid %d) but is not ready after %s%s", part.PID, since, lastLines(p, name)), logs)
	}
	if wrong := p.Wrong[name]; wrong != "" {
		return fault(name, fmt.Sprintf("runs (pid %d) but is not well: %s%s", part.PID, wrong, consequence(p, name)),
			"bin/douyin restart "+name+"; if that does not help, "+logs)
	}
	if part.Restarts >= manyRestarts && since < recent {
		return fault(name, fmt.Sprintf("keeps ending (%d restarts, the last %s ago): %s%s",
			part.Restarts, since, part.LastExit, lastLines(p, name)), logs)
	}
	return ok(name, fmt.Sprintf("pid %d, port %d, %d MiB, up %s", part.PID, part.Port, part.RSSBytes>>20, since))
}

// consequence is the effect of a part that is down.
func consequence(p Patient, name string) string {
	sidecar := strings.HasSuffix(name, "-daprd")
	program := strings.TrimSuffix(name, "-daprd")
	switch {
	case name == "redis":
		return "; answers come from MySQL and are slower, and no event is delivered"
	case name == "mysql":
		return "; nothing can be written, and little can be read"
	case name == "s3":
		return "; no video can be stored, and only cached ones can be played"
	case otherRuns(p, program):
		return "; the other replica serves all requests"
	case strings.HasPrefix(program, "gateway"):
		return "; clients get no answers"
	case program == "media" || program == "media-2":
		return "; videos wait to be processed"
	case sidecar:
		return "; " + program + " cannot be reached"
	}
	return "; its data cannot be served"
}

// otherRuns reports whether another replica of the program and its sidecar run.
func otherRuns(p Patient, program string) bool {
	if p.Status == nil || p.Status.Replicas < 2 {
		return false
	}
	other, isSecond := strings.CutSuffix(program, "-2")
	if !isSecond {
		other = program + "-2"
	}
	up := 0
	for _, part := range p.Status.Parts {
		if (part.Name == other || part.Name == other+"-daprd") && part.State == supervise.Running {
			up++
		}
	}
	return up == 2 // program and sidecar
}

func lastLines(p Patient, name string) string {
	lines := p.Machine.LastLines(name)
	if len(lines) == 0 {
		return ""
	}
	return "\n      " + strings.Join(lines, "\n      ")
}
