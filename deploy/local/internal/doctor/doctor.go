// Package doctor checks what a stack stands on and every part of it, and names
// for each fault the cause and the cure.
package doctor

import (
	"context"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
)

// Level says how bad a finding is.
type Level string

// The levels of a finding.
const (
	OK    Level = "ok"
	Note  Level = "note"  // worth knowing, nothing to do
	Fault Level = "fault" // does not work
)

// Finding is what a check found.
type Finding struct {
	Level Level
	What  string // the thing that was checked
	Text  string
	Cure  string // for a fault
}

// Machine is what the checks ask of the machine; tests put their own answers.
type Machine struct {
	Toolchain func(ctx context.Context) (version string, err error)
	Missing   func(ctx context.Context) []install.Need
	Built     func(program string) bool
	Writable  func() error
	FreeBytes func() (int64, error)
	PortFree  func(ctx context.Context, port int) bool
	Holder    func(port int) (ports.Holder, bool)
	Multicast func(ctx context.Context) error
	LastLines func(part string) []string
}

// Patient is what is examined.
type Patient struct {
	Machine  Machine
	Data     string   // the data folder, for people
	MinFree  int64    // bytes that have to be free on its disk
	Programs []string // in bin/
	Plan     ports.Plan
	Resolver string // the one that is asked for: auto, mdns or sqlite
	// Status is nil when no stack runs. Wrong holds what its own check says, by
	// part.
	Status *control.Status
	Wrong  map[string]string
}

// Examine runs every check.
func Examine(ctx context.Context, p Patient) []Finding {
	var all []Finding
	for _, check := range []func(context.Context, Patient) []Finding{
		toolchain, programs, binaries, folder, disk, portsFree, multicast, stackRuns, parts,
	} {
		all = append(all, check(ctx, p)...)
	}
	return all
}

// Faults counts what does not work.
func Faults(findings []Finding) int {
	n := 0
	for _, f := range findings {
		if f.Level == Fault {
			n++
		}
	}
	return n
}

func ok(what, text string) []Finding   { return []Finding{{Level: OK, What: what, Text: text}} }
func note(what, text string) []Finding { return []Finding{{Level: Note, What: what, Text: text}} }

func fault(what, text, cure string) []Finding {
	return []Finding{{Level: Fault, What: what, Text: text, Cure: cure}}
}
