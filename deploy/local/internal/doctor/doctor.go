// Package doctor checks the machine and every part of a stack, and names for each
// fault the cause and the cure.
package doctor

import (
	"context"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/install"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
)

// Level is the severity of a finding.
type Level string

// The levels of a finding.
const (
	OK    Level = "ok"
	Note  Level = "note"  // no action needed
	Fault Level = "fault" // must be cured
)

// Finding is the result of a check.
type Finding struct {
	Level Level
	What  string // the checked thing
	Text  string
	Cure  string // for a fault
}

// Machine answers the questions about the machine; tests have their own.
type Machine struct {
	Toolchain func(ctx context.Context) (version string, err error)
	Missing   func(ctx context.Context) []install.Need
	Built     func(program string) bool
	Writable  func() error
	FreeBytes func() (int64, error)
	PortFree  func(ctx context.Context, port int) bool
	Holder    func(port int) ports.Holder
	Multicast func(ctx context.Context) error
	LastLines func(part string) []string
}

// Patient is the machine and the stack to check.
type Patient struct {
	Machine  Machine
	Data     string   // the data folder, for people
	MinFree  int64    // required free bytes on its disk
	Programs []string // in bin/
	Plan     ports.Plan
	Resolver string // from the flags: auto, mdns or sqlite
	// Status is nil if no stack runs. Wrong holds the faults that its own check
	// found, by part.
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

// Faults counts the faults.
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
